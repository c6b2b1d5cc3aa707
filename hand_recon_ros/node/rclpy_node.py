"""The live node inside an installed ROS 2, as a managed (lifecycle) node."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import rclpy
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

from hand_recon_ros.bus.rclpy_bus import RclpyBus
from hand_recon_ros.node.hand_node import Pipeline
from hand_recon_ros.node.load import check_model, load_pipeline
from hand_recon_ros.node.managed_node import ManagedNode
from hand_recon_ros.node.parameters import PARAMETERS, NodeParameters, Parameter, parameters_from
from hand_recon_ros.stopping import stop_on_signals

PACKAGE = "hand_recon_ros"


class HandLifecycleNode(LifecycleNode):
    """Maps ROS 2's transitions and parameters to those of ManagedNode; a transition that fails is logged.

    Args:
        stop: ends the process when set.
        load: as in ManagedNode.
        check: as in ManagedNode.
        **options: of rclpy's node, such as parameter_overrides.
    """

    def __init__(
        self,
        stop: threading.Event,
        load: Callable[[NodeParameters], Pipeline] = load_pipeline,
        check: Callable[[NodeParameters], None] = check_model,
        **options: Any,
    ):
        super().__init__("hand_recon", **options)
        self.failure: Exception | None = None
        self._stop = stop
        for row in PARAMETERS:
            self.declare_parameter(row.name, row.plain(row.default), descriptor_of(row))
        self.bus = RclpyBus(self)
        self._hands = ManagedNode(self.bus, parameters_from(self._values()), stop, self._fail, load, check)
        self.add_on_set_parameters_callback(self._take)
        self._autostart = self.create_timer(0.0, self._start) if self.get_parameter("autostart").value else None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Check the parameters and the model, create the outputs."""
        return self._attempt(self._hands.configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the networks, subscribe to the cameras."""
        return self._attempt(self._hands.activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe, free the networks."""
        return self._attempt(self._hands.deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Remove the outputs."""
        return self._attempt(self._hands.clean_up)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from any state."""
        return self._attempt(self._hands.clean_up)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything and begin anew."""
        return self._attempt(self._hands.clean_up)

    def _attempt(self, transition: Callable[[], None]) -> TransitionCallbackReturn:
        try:
            transition()
        except Exception:  # rclpy would swallow it without a word
            self.get_logger().error(traceback.format_exc())
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _start(self) -> None:
        """Configure and activate, once."""
        if self._autostart is not None:
            self._autostart.cancel()
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _take(self, changes: Sequence[Any]) -> SetParametersResult:
        """Judge and apply new values; nothing after this callback refuses them any more."""
        values = {change.name: change.value for change in changes}
        try:
            self._hands.change(values)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _values(self) -> dict[str, Any]:
        return {row.name: self.get_parameter(row.name).value for row in PARAMETERS}

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._stop.set()


class RosLogHandler(logging.Handler):
    """Passes the package's log on to ROS's, so that it reaches `/rosout` and obeys `--log-level`."""

    def __init__(self, node: LifecycleNode):
        super().__init__()
        self._logger = node.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        text = self.format(record)
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        elif record.levelno >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)


@contextmanager
def logging_through(node: Any) -> Iterator[None]:
    """What this package logs goes through a ROS node's logger."""
    log, handler = logging.getLogger(PACKAGE), RosLogHandler(node)
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)


def run_rclpy_node(
    argv: Sequence[str] = (),
    load: Callable[[NodeParameters], Pipeline] = load_pipeline,
    check: Callable[[NodeParameters], None] = check_model,
) -> int:
    """Run the node until SIGINT or SIGTERM.

    Args:
        argv: ROS arguments.
        load: as in ManagedNode.
        check: as in ManagedNode.

    Returns:
        Exit code: 0 after a signal, 1 with one sentence on standard error when the node could not go on.
    """
    with stop_on_signals() as stop:
        try:
            rclpy.init(args=["hand_recon", *argv], signal_handler_options=SignalHandlerOptions.NO)
            _spin(stop, load, check)
        except (ValueError, RuntimeError, ParameterException) as error:
            print(f"hand_recon: {error}", file=sys.stderr)
            return 1
        finally:
            if rclpy.ok():
                rclpy.shutdown()
    return 0


def _spin(
    stop: threading.Event,
    load: Callable[[NodeParameters], Pipeline],
    check: Callable[[NodeParameters], None],
) -> None:
    node = HandLifecycleNode(stop, load, check)
    try:
        with logging_through(node):
            node.bus.spin(stop)
            node.trigger_shutdown()
    finally:
        node.destroy_node()
    if node.failure is not None:
        raise RuntimeError(f"results could not be published: {node.failure}") from node.failure


def descriptor_of(row: Parameter) -> ParameterDescriptor:
    """What `ros2 param describe` says about a parameter."""
    descriptor = ParameterDescriptor(description=row.description, additional_constraints=row.range)
    if row.low is not None and row.high is not None:
        if isinstance(row.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=float(row.low), to_value=float(row.high))]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(row.low), to_value=int(row.high), step=1)]
    return descriptor
