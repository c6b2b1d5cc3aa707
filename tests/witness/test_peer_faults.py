"""Peers that crash, come back, send rubbish or ask for too much, over the wire."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import seeds
from messages import header, new, reference
from mutations import mutants
from node_runner import NodeProcess
from stand_in import picture
from witness_process import Witness

from hand_recon_ros.bus import LATCHED, RESULTS, SENSOR_DATA
from hand_recon_ros.bus.camera_codec import CAMERA_INFO
from hand_recon_ros.bus.hand_codec import HAND_ARRAY
from hand_recon_ros.bus.image_codec import IMAGE, encode_image

NewWitness = Callable[..., Witness]
NewNode = Callable[..., NodeProcess]
SECOND = 10**9
DAMAGED = 400


def show(camera: Witness, stamp_ns: int, hands: int = 1) -> None:
    """Publish a small picture."""
    camera.command("image", "rt/image", stamp_ns, "lens", 64, 48, "rgb8", 192, hands)


def show_later(camera: Witness, hands: int, number: int) -> None:
    """Publish a picture that is some seconds newer than the first."""
    show(camera, (1 + number) * SECOND, hands)


def has_hands(count: int, hand_array: Any) -> bool:
    """Whether a told result has so many hands."""
    return len(hand_array["hands"]) == count


def test_the_node_goes_on_when_a_reliable_subscriber_is_killed(new_witness: NewWitness, new_node: NewNode) -> None:
    camera, steady, doomed = new_witness(), new_witness(), new_witness()
    node = new_node()
    camera.advertise("/image", IMAGE, SENSOR_DATA)
    for witness in (steady, doomed):
        witness.subscribe("/hand_recon/hands", HAND_ARRAY, RESULTS)
        witness.ask_until_heard(lambda k: show(camera, (k + 1) * SECOND), ["/hand_recon/hands"])
    doomed.kill()
    for number in range(40):  # far more than its history holds: it would block a writer that waits for it
        show(camera, (1000 + number) * SECOND)
        steady.message("/hand_recon/hands", (1000 + number) * SECOND)
    assert node.stop() == 0
    assert "Traceback" not in node.log


def test_a_camera_that_is_killed_and_comes_back_is_heard_again(new_witness: NewWitness, new_node: NewNode) -> None:
    viewer, first = new_witness(), new_witness()
    new_node()
    viewer.subscribe("/hand_recon/hands", HAND_ARRAY, RESULTS)
    first.advertise("/image", IMAGE, RESULTS)
    viewer.ask_until_heard(lambda k: show(first, (k + 1) * SECOND), ["/hand_recon/hands"])
    first.kill()
    second = new_witness()
    second.advertise("/image", IMAGE, RESULTS)
    second.matched("/image", "publisher")
    viewer.ask_until_heard(partial(show_later, second, 2), ["/hand_recon/hands"], partial(has_hands, 2))


def test_a_node_that_is_killed_and_comes_back_is_found_again(new_witness: NewWitness, new_node: NewNode) -> None:
    viewer, camera = new_witness(), new_witness()
    viewer.subscribe("/hand_recon/hands", HAND_ARRAY, RESULTS)
    camera.advertise("/image", IMAGE, RESULTS)
    for hands in (1, 2):
        node = new_node()
        viewer.ask_until_heard(partial(show_later, camera, hands), ["/hand_recon/hands"], partial(has_hands, hands))
        node.close()  # killed


def test_rubbish_on_all_topics_is_refused_and_the_node_goes_on(new_witness: NewWitness, new_node: NewNode) -> None:
    rubbish, camera = new_witness(), new_witness()
    node = new_node("-p", "use_depth:=true")
    feeds = {
        "/image": (IMAGE, images()),
        "/depth": (IMAGE, seeds.depths()),
        "/camera_info": (CAMERA_INFO, seeds.camera_infos()),
    }
    for topic, (ros_type, _) in feeds.items():
        rubbish.advertise(topic, ros_type, RESULTS, raw=True)
        rubbish.matched(topic, "publisher")
    for topic, (_, valid) in feeds.items():
        for message in mutants(valid, DAMAGED, seed=9):
            if len(message) >= 4:  # Fast DDS sends no payload without an encapsulation
                rubbish.command("raw", f"rt{topic}", message.hex())
    camera.subscribe("/hand_recon/hands", HAND_ARRAY, RESULTS)
    camera.advertise("/image", IMAGE, SENSOR_DATA)
    camera.ask_until_heard(lambda k: show(camera, (k + 1) * SECOND), ["/hand_recon/hands"])
    assert node.stop() == 0
    assert "Traceback" not in node.log


def images() -> list[bytes]:
    """Pictures that show no hand, and one whose frame has a zero byte in its name."""
    odd = reference(
        new(
            IMAGE,
            header=header(5, "a\0b"),
            height=48,
            width=64,
            encoding="rgb8",
            is_bigendian=0,
            step=192,
            data=picture(0).reshape(-1),
        ),
        IMAGE,
    )
    return [bytes(encode_image(5, "lens", picture(0))), odd]


def test_a_subscriber_that_asks_too_much_is_told_in_the_log(new_witness: NewWitness, new_node: NewNode) -> None:
    """Images are asked for with best effort, which every publisher offers; results may be asked too much of."""
    witness, node = new_witness(), new_node()
    witness.subscribe("/hand_recon/hands", HAND_ARRAY, LATCHED)
    witness.wait("incompatible", topic="rt/hand_recon/hands")
    node.wait_for("a subscription on /hand_recon/hands asks for transient local")
