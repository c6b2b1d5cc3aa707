"""The bus of a program that is a node of its own: over DDS, or in a sourced ROS 2."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hand_recon_ros.bus.discovery import WireSettings
from hand_recon_ros.bus.interface import LiveBus
from hand_recon_ros.bus.ros_args import parse_ros_args
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.wire_node import stop_on_signals

PACKAGE = "hand_recon_ros"
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
        logging.basicConfig(level=(args.log_level or "info").upper(), format="[%(levelname)s] [%(name)s]: %(message)s")
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
    from hand_recon_ros.node.rclpy_node import RosLogHandler

    rclpy.init(args=[name, *argv], signal_handler_options=SignalHandlerOptions.NO)
    node = Node(name)
    log, handler = logging.getLogger(PACKAGE), RosLogHandler(node)
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield RclpyBus(node)
    finally:
        log.removeHandler(handler)
        node.destroy_node()
        if rclpy.ok():
            rclpy.shutdown()
