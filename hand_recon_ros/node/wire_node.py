"""The live node on the wire, as a process."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence

from hand_recon_ros.bus.discovery import WireSettings
from hand_recon_ros.bus.lifecycle_services import LifecycleServices
from hand_recon_ros.bus.parameter_services import ParameterServices
from hand_recon_ros.bus.ros_args import RosArgs, parse_ros_args
from hand_recon_ros.bus.wire import WireBus
from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.load import load_pipeline
from hand_recon_ros.node.managed_node import ManagedNode
from hand_recon_ros.node.parameters import PARAMETERS, NodeParameters, parameters_from
from hand_recon_ros.node.stderr_log import log_to_stderr
from hand_recon_ros.stopping import stop_on_signals

logger = logging.getLogger(__name__)


def run_wire_node(
    argv: Sequence[str] = (),
    settings: WireSettings | None = None,
    load: Callable[[NodeParameters], Pipeline] = load_pipeline,
) -> int:
    """Run the node until SIGINT or SIGTERM.

    Args:
        argv: arguments with `--ros-args`; others are refused.
        settings: domain and discovery, by default from the environment.
        load: makes the pipeline.

    Returns:
        Exit code: 0 after a signal, 1 with one sentence on standard error when the node could not start.
    """
    with stop_on_signals() as stop:
        try:
            args = parse_ros_args(argv)
            parameters = _parameters(args)
            log_to_stderr(args.log_level)
            spin_live(args, parameters, load, stop, settings)
        except (ValueError, RuntimeError, OSError) as error:
            print(f"hand_recon: {error}", file=sys.stderr)
            return 1
    return 0


def spin_live(
    args: RosArgs,
    parameters: NodeParameters,
    load: Callable[[NodeParameters], Pipeline],
    stop: threading.Event,
    settings: WireSettings | None = None,
) -> None:
    """Serve live cameras until stop is set.

    Raises:
        ValueError: weights are missing or damaged.
        RuntimeError: DDS or the networks could not start, or the results could not be published any more.
    """
    bus = WireBus(args.node, settings)
    if args.parameters.get("use_sim_time"):
        bus.follow_clock()
    failures: list[Exception] = []

    def fail(error: Exception) -> None:
        failures.append(error)
        stop.set()

    node = ManagedNode(bus, parameters, stop, fail, load)
    try:
        life = LifecycleServices(bus, node.transitions)
        ParameterServices(bus, PARAMETERS, lambda: node.parameters.values(), node.change)
        if parameters.autostart:
            life.perform("configure")
            life.perform("activate")
        bus.spin(stop)
        logger.info(node.summary())
    finally:
        try:
            node.clean_up()
        finally:
            bus.close()
    if failures:
        raise RuntimeError(f"results could not be published: {failures[0]}") from failures[0]


def _parameters(args: RosArgs) -> NodeParameters:
    if args.rest:
        raise ValueError(f"expected only --ros-args, got {' '.join(args.rest)}")
    return parameters_from(args.parameters)
