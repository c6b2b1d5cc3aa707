"""What each lifecycle transition does, over a bus in memory."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from memory_bus import MemoryBus
from stand_in import CRASH, StandIn

from hand_recon_ros.bus.diagnostics_codec import Level
from hand_recon_ros.node.managed_node import ManagedNode
from hand_recon_ros.node.parameters import NodeParameters

OUTPUTS = {"/hands/hands", "/hands/markers", "/hands/mesh_topology"}


class World:
    """A managed node with everything around it."""

    def __init__(self, *loads: Any, check: Any = lambda parameters: None) -> None:
        self.bus, self.stop = MemoryBus(), threading.Event()
        self.pipelines: list[StandIn] = []
        self.failures: list[Exception] = []
        self.loads = list(loads)
        self.node = ManagedNode(self.bus, NodeParameters(), self.stop, self.failures.append, self.load, check)

    def load(self, parameters: NodeParameters) -> StandIn:
        if self.loads and (error := self.loads.pop(0)):
            raise error
        self.pipelines.append(StandIn())
        return self.pipelines[-1]

    def result(self, hands: int = 1, stamp: int = 1) -> None:
        self.bus.image(hands, stamp)
        assert self.bus.published.get(timeout=10) == stamp

    def diagnostics(self) -> dict[str, Any]:
        for timer in self.bus.timers:
            timer()
        return {status.name: status for status in self.bus.sent["/diagnostics"][-1].status}

    def service(self, name: str, *request: bool) -> tuple[bool, str]:
        answer = self.bus.services[f"/hands/{name}"](*request)
        return answer.success, answer.message


def test_outputs_come_with_configuring_and_inputs_with_activating() -> None:
    world = World()
    assert not OUTPUTS & set(world.bus.qos)
    world.node.configure()
    assert set(world.bus.qos) >= OUTPUTS
    assert not world.bus.callbacks
    world.node.activate()
    assert set(world.bus.callbacks) == {"/image", "/camera_info"}
    world.result()
    world.node.deactivate()
    assert not world.bus.callbacks
    assert not OUTPUTS & set(world.bus.closed)
    world.node.clean_up()
    assert set(world.bus.closed) >= OUTPUTS
    assert world.node.summary() == "0 images processed, 0 dropped, 0 failed"


def test_deactivating_clears_the_display() -> None:
    world = World()
    world.bus.audience["/hands/markers"] = 1
    world.node.configure()
    world.node.activate()
    world.result()
    world.node.deactivate()
    assert [action for _, _, action in world.bus.markers[-1]] == [3]


def test_a_node_goes_round_its_life_again_and_again() -> None:
    world = World()
    for turn in range(20):
        world.node.configure()
        world.node.activate()
        world.result(stamp=turn)
        world.node.deactivate()
        world.node.activate()
        world.result(stamp=turn)
        world.node.clean_up()
    assert threading.active_count() < 10
    assert not world.failures


def test_a_damaged_model_is_refused_before_anything_exists() -> None:
    def damaged(parameters: NodeParameters) -> None:
        raise ValueError("the weights are damaged")

    world = World(check=damaged)
    with pytest.raises(ValueError, match="damaged"):
        world.node.configure()
    assert not OUTPUTS & set(world.bus.qos)


def test_outputs_that_cannot_all_be_created_leave_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    create = world.bus.publisher

    def missing(topic: str, ros_type: str, qos: Any) -> Any:
        if "markers" in topic:
            raise RuntimeError("the message type is not built")
        return create(topic, ros_type, qos)

    monkeypatch.setattr(world.bus, "publisher", missing)
    with pytest.raises(RuntimeError, match="not built"):
        world.node.configure()
    assert set(world.bus.qos) - {"/diagnostics"} == set(world.bus.closed)


def test_a_model_that_does_not_load_leaves_the_node_inactive_and_it_may_try_again() -> None:
    world = World(RuntimeError("no memory on the device"))
    world.node.configure()
    with pytest.raises(RuntimeError, match="no memory"):
        world.node.activate()
    assert (world.node.active, world.bus.callbacks) == (False, {})
    world.node.activate()
    world.result()
    world.node.clean_up()


def test_loading_is_given_up_when_the_process_ends() -> None:
    go, bus, stop = threading.Event(), MemoryBus(), threading.Event()

    def endless(parameters: NodeParameters) -> StandIn:
        go.wait(30)
        return StandIn()

    node = ManagedNode(bus, NodeParameters(), stop, lambda error: None, endless, lambda parameters: None)
    node.configure()
    stop.set()
    node.activate()
    node.clean_up()
    assert not go.is_set()
    go.set()


def test_a_transition_out_of_turn_is_answered() -> None:
    world = World()
    with pytest.raises(ValueError, match="configure it first"):
        world.node.activate()
    world.node.deactivate()
    world.node.clean_up()


def test_live_parameters_hold_from_the_next_image_on() -> None:
    world = World()
    world.node.configure()
    world.node.activate()
    world.result()
    world.node.change({"publish_vertices": True})
    world.result()
    assert [len(array.hands[0].vertices) > 0 for array in world.bus.arrays] == [False, True]
    with pytest.raises(ValueError, match="takes effect when the node is configured"):
        world.node.change({"max_hands": 1})
    world.node.clean_up()
    world.node.change({"max_hands": 1})
    assert world.node.parameters == NodeParameters(publish_vertices=True, max_hands=1)


def test_services_reset_the_tracks_and_switch_the_input() -> None:
    world = World()
    assert world.service("reset_tracks") == (False, "the node is not active; there are no tracks")
    world.node.configure()
    world.node.activate()
    assert world.service("reset_tracks")[0]
    world.result()
    assert world.pipelines[0].resets == [""]
    assert world.service("enable", False)[0]
    assert not world.bus.callbacks
    assert world.service("enable", True)[0]
    world.result(stamp=2)
    assert len(world.pipelines) == 1
    world.node.clean_up()


def test_diagnostics_tell_rates_latency_intrinsics_and_the_model() -> None:
    world = World()
    assert list(world.diagnostics()) == ["hands: model"]
    world.node.configure()
    world.node.activate()
    world.bus.publishers["/image"] = 1
    assert world.diagnostics()["hands: input"].message == "no images"
    world.bus.clock += 500_000_000
    world.bus.info()
    world.result(stamp=7)
    found = world.diagnostics()
    assert {name: int(status.level) for name, status in found.items()} == {
        "hands: model": Level.OK,
        "hands: input": Level.OK,
        "hands: output": Level.OK,
        "hands: camera_info": Level.OK,
    }
    values = {value.key: value.value for status in found.values() for value in status.values}
    assert values["rate_hz"] == "2.0"
    assert values["model"] == "stand-in"
    assert values["stamp_age_s"] == "0.500"
    assert float(values["latency_p50_ms"]) > 0
    assert float(values["memory_mb"]) > 0
    world.node.clean_up()


def test_diagnostics_warn_of_bad_images_missing_intrinsics_and_publishers_that_do_not_match() -> None:
    world = World()
    world.node.configure()
    world.node.activate()
    world.bus.incompatible["/image"] = 1
    found = world.diagnostics()["hands: input"]
    assert (int(found.level), "quality of service" in found.message) == (Level.ERROR, True)
    world.bus.publishers["/image"] = 1
    world.bus.image(CRASH)
    assert world.pipelines[0].called.wait(10)
    world.result()
    found = world.diagnostics()
    assert int(found["hands: input"].level) == Level.WARN
    assert "networks are surprising" in found["hands: input"].message
    assert int(found["hands: camera_info"].level) == Level.WARN
    world.node.clean_up()


def test_images_that_wait_are_replaced_by_newer_ones_and_counted() -> None:
    started, go = threading.Event(), threading.Event()

    class Slow(StandIn):
        def __call__(self, frames: Any) -> Any:
            started.set()
            assert go.wait(10)
            return super().__call__(frames)

    bus, pipeline = MemoryBus(), Slow()
    node = ManagedNode(
        bus,
        NodeParameters(),
        threading.Event(),
        lambda error: None,
        lambda parameters: pipeline,
        lambda parameters: None,
    )
    node.configure()
    node.activate()
    bus.image(1, 1)
    assert started.wait(10)
    for stamp in (2, 3, 4):
        bus.image(1, stamp)
    go.set()
    while bus.published.get(timeout=10) != 4:
        pass
    node.clean_up()
    assert [frame.stamp_ns for frame in pipeline.frames] == [1, 4]
    assert [message.dropped for message in bus.arrays] == [2, 2]


def test_results_that_cannot_be_published_are_a_failure_of_the_node() -> None:
    failed = threading.Event()
    bus = MemoryBus()
    node = ManagedNode(
        bus,
        NodeParameters(),
        threading.Event(),
        lambda error: failed.set(),
        lambda parameters: StandIn(),
        lambda parameters: None,
    )
    node.configure()
    node.activate()

    def broken(*message: Any) -> None:
        raise RuntimeError("no room")

    bus.published.put = broken  # type: ignore[method-assign]
    bus.image(1)
    assert failed.wait(10)
    node.clean_up()
