"""The bus of a program that is a node of its own: over DDS, or in a sourced ROS 2."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hand_recon_ros.bus.discovery import WireSettings
from hand_recon_ros.bus.interface import LiveBus
from hand_recon_ros.bus.ros_args import parse_ros_args
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.stderr_log import log_to_stderr
from hand_recon_ros.stopping import stop_on_signals

SIM_TIME = "use_sim_time"


@contextmanager
def live_bus(
    argv: Sequence[str], name: str, rclpy: bool = False, settings: WireSettings | None = None
) -> Iterator[tuple[LiveBus, threading.Event]]:
    """A bus to spin until the event is set, which SIGINT and SIGTERM do; it is closed at the end.

    Args:
        argv: arguments with `--ros-args`; of parameters only use_sim_time is known.
        name: of the node, unless the arguments rename it.
        rclpy: whether to be a node of a sourced ROS 2.
        settings: domain and discovery, by default from the environment; without rclpy.

    Raises:
        ValueError: an argument that is not known.
        RuntimeError: the middleware cannot start.
    """
    args = parse_ros_args(argv, name)
    unknown = [*args.rest, *(parameter for parameter in args.parameters if parameter != SIM_TIME)]
    if unknown:
        raise ValueError(f"expected --ros-args and of its parameters only {SIM_TIME}, got {' '.join(unknown)}")
    with stop_on_signals() as stop:
        if rclpy:
            with _rclpy_bus(argv, name) as bus:
                yield bus, stop
            return
        log_to_stderr(args.log_level)
        wire = WireBus(args.node, settings)
        try:
            if args.parameters.get(SIM_TIME):
                wire.follow_clock()
            yield wire, stop
        finally:
            wire.close()


@contextmanager
def _rclpy_bus(argv: Sequence[str], name: str) -> Iterator[LiveBus]:
    import rclpy
    from rclpy.node import Node
    from rclpy.signals import SignalHandlerOptions

    from hand_recon_ros.bus.rclpy_bus import RclpyBus
    from hand_recon_ros.node.rclpy_node import logging_through

    rclpy.init(args=[name, *argv], signal_handler_options=SignalHandlerOptions.NO)
    node = Node(name)
    try:
        with logging_through(node):
            yield RclpyBus(node)
    finally:
        node.destroy_node()
        if rclpy.ok():
            rclpy.shutdown()
