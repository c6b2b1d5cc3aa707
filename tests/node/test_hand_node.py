"""The node's logic over a bus in memory."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from memory_bus import CAMERA, MemoryBus
from stand_in import BAD, CRASH, StandIn, hand, picture

from hand_recon_ros.bus.compressed_codec import encode_compressed_image
from hand_recon_ros.bus.hand_codec import HAND_ARRAY, HAND_MESH_TOPOLOGY, topology_id
from hand_recon_ros.bus.image_codec import encode_image
from hand_recon_ros.bus.marker_codec import MARKER_ARRAY, NAMESPACES
from hand_recon_ros.node import HandNode, NodeParameters
from hand_recon_ros.node.camera_stream import Arrival
from hand_recon_ros.types import Frame, HandFrame

OUTPUTS = {"/hands/hands": HAND_ARRAY, "/hands/markers": MARKER_ARRAY, "/hands/mesh_topology": HAND_MESH_TOPOLOGY}


def start(bus: MemoryBus, **parameters: Any) -> tuple[HandNode, StandIn]:
    pipeline = StandIn()
    return opened(bus, pipeline, **parameters), pipeline


def opened(bus: MemoryBus, pipeline: StandIn, **parameters: Any) -> HandNode:
    """A node that processes each image as it arrives."""
    node = HandNode(bus, NodeParameters(**parameters))

    def process(camera: str, arrival: Arrival) -> bool:
        node.process(pipeline, {camera: arrival})
        return False

    node.open(process)
    return node


def test_every_image_gives_a_message_also_without_hands() -> None:
    bus = MemoryBus()
    node, _ = start(bus)
    for stamp, hands in ((5, 2), (6, 0)):
        bus.image(hands, stamp, "left_camera")
    first, second = bus.arrays
    assert [len(first.hands), len(second.hands)] == [2, 0]
    assert (first.header.stamp.nanosec, first.header.frame_id) == (5, "left_camera")
    assert [first.sequence, second.sequence, node.streams[""].stats().processed] == [0, 1, 2]


def test_times_of_arrival_publishing_and_stages_are_told() -> None:
    bus = MemoryBus()
    start(bus)
    bus.clock = 3_000_000_004
    bus.image(1)
    (message,) = bus.arrays
    assert (message.received.sec, message.received.nanosec) == (message.published.sec, message.published.nanosec)
    assert message.received.sec == 3
    decode, *stages, total = message.latency_ms
    assert stages == [1, 2, 3]
    assert 0 < decode <= total


def test_intrinsics_are_used_once_known_and_kept_by_frame() -> None:
    bus = MemoryBus()
    _, pipeline = start(bus)
    other = replace(CAMERA, fx=99.0)
    bus.image(1)
    bus.info()
    bus.info(other, "other")
    bus.image(1)
    bus.image(1, frame_id="other")
    bus.image(1, frame_id="unknown")
    assert [frame.camera for frame in pipeline.frames] == [None, CAMERA, other, None]
    assert [message.hands[0].scale_source for message in bus.arrays] == [1, 2, 2, 1]
    assert bus.arrays[1].camera_info.k[0] == CAMERA.fx


def test_unusable_intrinsics_are_told_once_and_do_not_stop_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    bus = MemoryBus()
    _, pipeline = start(bus)
    bus.info(replace(CAMERA, width=100, height=10))
    bus.callbacks["/camera_info"](memoryview(b"\0\1\0\0abc"))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            bus.image(1)
    assert [frame.camera for frame in pipeline.frames] == [None] * 3
    assert caplog.text.count("not a pure scale") == 1


def test_a_rectified_image_uses_the_projection_matrix() -> None:
    bus = MemoryBus()
    _, pipeline = start(bus, image_is_rectified=True)
    bus.info(replace(CAMERA, distortion=(0.1,)))
    bus.image(1)
    assert pipeline.frames[0].camera == CAMERA


@pytest.mark.parametrize("bad", [BAD, CRASH, None])
def test_a_bad_image_is_counted_logged_and_skipped(caplog: pytest.LogCaptureFixture, bad: int | None) -> None:
    bus = MemoryBus()
    node, _ = start(bus)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            if bad is None:
                bus.callbacks["/image"](memoryview(encode_image(1, "camera", picture(1), "theora")))
            else:
                bus.image(bad)
        bus.image(1)
    stats = node.streams[""].stats()
    assert (stats.received, stats.failed, stats.processed, len(bus.arrays)) == (4, 3, 1, 1)
    assert stats.last_error
    assert caplog.text.count("image skipped") == 1


def test_stamps_that_jump_back_reset_the_tracks_and_the_markers() -> None:
    bus = MemoryBus()
    bus.audience["/hands/markers"] = 1
    _, pipeline = start(bus)
    for stamp in (10, 10, 11, 5, 6):
        bus.image(1, stamp)
    assert pipeline.resets == [""]
    clears = [3 in (action for _, _, action in markers) for markers in bus.markers]
    assert clears == [True, False, False, True, False]


def test_markers_are_built_only_for_an_audience_which_starts_clean() -> None:
    bus = MemoryBus()
    start(bus)
    bus.image(1, 1)
    assert bus.markers == []
    bus.audience["/hands/markers"] = 1
    bus.image(1, 2)
    bus.audience["/hands/markers"] = 0
    bus.image(1, 3)
    bus.audience["/hands/markers"] = 2
    bus.image(1, 4)
    assert bus.markers == [[("", 0, 3), *[(namespace, 1, 0) for namespace in NAMESPACES]]] * 2


def test_markers_keep_their_ids_and_lost_hands_are_deleted() -> None:
    bus = MemoryBus()
    bus.audience["/hands/markers"] = 1
    start(bus)
    for stamp, hands in enumerate((2, 1, 0, 0)):
        bus.image(hands, stamp)
    shown = [(namespace, 1, 0) for namespace in NAMESPACES]
    deleted = [[(namespace, number, 2) for namespace in NAMESPACES] for number in (1, 2)]
    assert bus.markers[1:] == [[*deleted[1], *shown], deleted[0], []]


def test_hands_that_cannot_be_drawn_or_are_not_tracked_get_correct_markers() -> None:
    bus = MemoryBus()
    bus.audience["/hands/markers"] = 1
    broken = replace(hand(5, True), vertices=np.full((778, 3), np.nan, np.float32))
    untracked = replace(hand(0, True), track_id=0)

    class Fixed(StandIn):
        def hands_of(self, frame: Frame) -> HandFrame:
            return HandFrame((broken, untracked, untracked), CAMERA, 1, "camera")

    opened(bus, Fixed())
    bus.image(1)
    assert {number for _, number, action in bus.markers[0] if action == 0} == {-2, -3}
    assert len(bus.arrays[0].hands) == 3


def test_topologies_are_published_once_and_vertices_on_request() -> None:
    bus = MemoryBus()
    node, _ = start(bus)
    bus.image(2, 1)
    node.parameters = NodeParameters(publish_vertices=True)
    bus.image(1, 2)
    (topology,) = bus.sent["/hands/mesh_topology"]
    faces = hand(1, True).faces
    assert topology.topology_id == topology_id(faces) == bus.arrays[0].hands[0].topology_id
    np.testing.assert_array_equal(topology.faces.reshape(-1, 3), faces)
    assert [len(message.hands[0].vertices) for message in bus.arrays] == [0, 3 * topology.vertex_count]


def test_compressed_images_and_intrinsics_follow_the_remapped_image() -> None:
    bus = MemoryBus(("image", "/cam/color/image_raw"))
    _, pipeline = start(bus, use_compressed=True)
    bus.info(topic="/cam/color/camera_info")
    png = cv2.imencode(".png", picture(2)[..., ::-1])[1].tobytes()
    bus.callbacks["/cam/color/image_raw/compressed"](memoryview(encode_compressed_image(3, "camera", png, "png")))
    (frame,) = pipeline.frames
    assert (frame.stamp_ns, frame.frame_id, frame.camera) == (3, "camera", CAMERA)
    assert len(bus.arrays[0].hands) == 2


def test_the_nearest_depth_image_is_used_when_it_fits() -> None:
    bus = MemoryBus()
    _, pipeline = start(bus, use_depth=True)

    def depth(stamp: int, value: int, height: int = 48, frame_id: str = "camera") -> None:
        cdr = encode_image(stamp, frame_id, np.full((height, 64), value, np.uint16), "16UC1")
        bus.callbacks["/depth"](memoryview(cdr))

    second = 10**9
    depth(second, 1000)
    depth(second + 10_000_000, 2000)
    bus.image(1, second + 8_000_000)
    bus.image(1, 2 * second)
    depth(3 * second, 3000, height=24)
    bus.image(1, 3 * second)
    depth(4 * second, 3000, frame_id="elsewhere")
    bus.image(1, 4 * second)
    bus.callbacks["/depth"](memoryview(b"\0\1\0\0"))
    bus.image(1, 5 * second)
    first, *others = [frame.depth for frame in pipeline.frames]
    assert first is not None
    np.testing.assert_allclose(first, 2.0)
    assert others == [None] * 4


def test_several_cameras_have_topics_of_their_own_and_one_batch() -> None:
    bus = MemoryBus(("right/image", "/stereo/right/image_raw"))
    pipeline = StandIn()
    node = HandNode(bus, NodeParameters(cameras=["left", "right"]))
    waiting: dict[str, Arrival] = {}
    node.open(lambda camera, arrival: bool(waiting.update({camera: arrival})))
    bus.info(topic="/left/camera_info")
    bus.info(replace(CAMERA, fx=99.0), topic="/stereo/right/camera_info")
    bus.image(1, 1, topic="/left/image")
    bus.image(2, 2, topic="/stereo/right/image_raw")
    node.process(pipeline, waiting)
    assert pipeline.batches == [{"left", "right"}]
    assert [len(array.hands) for array in bus.sent["/hands/left/hands"]] == [1]
    assert [len(array.hands) for array in bus.sent["/hands/right/hands"]] == [2]
    assert bus.sent["/hands/right/hands"][0].camera_info.k[0] == 99


def test_frames_of_hands_seen_by_several_cameras_have_names_of_their_own() -> None:
    bus = MemoryBus()
    bus.audience["/tf"] = 1
    opened(bus, StandIn(), cameras=["left", "right"], publish_tf=True, tf_prefix="robot_", tf_assumed_scale=True)
    for camera in ("left", "right"):
        bus.image(1, 5, topic=f"/{camera}/image")
    names = [{t.child_frame_id for t in message.transforms} for message in bus.sent["/tf"]]
    assert len(names) == 2
    assert not names[0] & names[1]
    assert all(name.startswith("robot_left_right_") for name in names[0])


def test_a_bad_picture_of_one_camera_does_not_cost_the_others_theirs() -> None:
    bus, pipeline = MemoryBus(), StandIn()
    node = HandNode(bus, NodeParameters(cameras=["left", "right"]))
    waiting: dict[str, Arrival] = {}
    node.open(lambda camera, arrival: bool(waiting.update({camera: arrival})))
    bus.image(CRASH, 1, topic="/left/image")
    bus.image(2, 2, topic="/right/image")
    node.process(pipeline, waiting)
    assert [len(array.hands) for array in bus.sent["/hands/right/hands"]] == [2]
    assert not bus.sent["/hands/left/hands"]
    assert node.streams["left"].stats().failed == 1


def test_tracks_of_all_cameras_are_forgotten_when_asked_to() -> None:
    bus, pipeline = MemoryBus(), StandIn()
    node = opened(bus, pipeline, cameras=["left", "right"])
    node.forget_tracks()
    bus.image(1, 1, topic="/left/image")
    bus.image(1, 2, topic="/left/image")
    assert sorted(pipeline.resets) == ["left", "right"]


def test_a_closed_node_hears_nothing_and_a_disposed_one_says_nothing() -> None:
    bus = MemoryBus()
    node, _ = start(bus, use_depth=True)
    assert set(bus.callbacks) == {"/image", "/camera_info", "/depth"}
    node.close()
    assert not bus.callbacks
    node.dispose()
    assert set(bus.qos) <= set(bus.closed)
