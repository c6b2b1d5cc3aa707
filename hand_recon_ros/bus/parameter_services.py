"""The parameters of a wire node as every ROS 2 node offers them, so that `ros2 param` can list, get and set them.

Six services of rcl_interfaces below the node's name, and `/parameter_events`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hand_recon_ros.bus.cdr import time_of
from hand_recon_ros.bus.definitions import message_types
from hand_recon_ros.bus.interface import Qos
from hand_recon_ros.bus.parameter_values import NOT_SET, parameter_type, value_message, value_of
from hand_recon_ros.bus.wire import WireBus

logger = logging.getLogger(__name__)

PARAMETERS_QOS = Qos(reliable=True, depth=1000)
EVENT = "rcl_interfaces/msg/ParameterEvent"
MAX_ITEMS = 1000
SEPARATOR = "."


class Row(Protocol):
    """A parameter as its table describes it; `node.parameters.Parameter` is one."""

    @property
    def name(self) -> str:
        """As in `ros2 param get NODE name`."""
        ...

    @property
    def default(self) -> Any:
        """It has the type of all values."""
        ...

    @property
    def description(self) -> str:
        """One sentence."""
        ...

    @property
    def low(self) -> float | None:
        """Least value of a number."""
        ...

    @property
    def high(self) -> float | None:
        """Greatest value of a number."""
        ...

    @property
    def range(self) -> str:
        """What the values may be, for people."""
        ...

    @property
    def live(self) -> bool:
        """Whether a change takes effect while the node runs."""
        ...


class ParameterServices:
    """Offers the parameters of a node on the wire.

    Args:
        bus: the node.
        table: what parameters there are.
        current: their values now.
        change: takes values of some parameters, all or none of them; called from the receive thread of the bus.
            It raises ValueError with the reason when it refuses.
    """

    def __init__(
        self,
        bus: WireBus,
        table: Sequence[Row],
        current: Callable[[], Mapping[str, Any]],
        change: Callable[[Mapping[str, Any]], None],
    ):
        self._bus, self._current, self._change = bus, current, change
        self._rows = {row.name: row for row in table}
        self._types = message_types(bus.settings.distribution)
        self._events = bus.publisher("/parameter_events", EVENT, PARAMETERS_QOS)
        self._serve("get_parameters", "GetParameters", self._get)
        self._serve("get_parameter_types", "GetParameterTypes", self._get_types)
        self._serve("describe_parameters", "DescribeParameters", self._describe)
        self._serve("list_parameters", "ListParameters", self._list)
        self._serve("set_parameters", "SetParameters", self._set)
        self._serve("set_parameters_atomically", "SetParametersAtomically", self._set_atomically)

    def _serve(self, name: str, kind: str, handle: Callable[[Any], Any]) -> None:
        response = self._types.types[f"rcl_interfaces/srv/{kind}_Response"]
        self._bus.serve(
            f"~/{name}", f"rcl_interfaces/srv/{kind}", lambda request: response(handle(request)), PARAMETERS_QOS
        )

    def _get(self, request: Any) -> list[Any]:
        values = self._current()
        return [value_message(self._types, values.get(name)) for name in _bounded(request.names)]

    def _get_types(self, request: Any) -> Any:
        values = self._current()
        return np.array([parameter_type(values.get(name)) for name in _bounded(request.names)], np.uint8)

    def _describe(self, request: Any) -> list[Any]:
        return [self._descriptor(name) for name in _bounded(request.names)]

    def _descriptor(self, name: str) -> Any:
        row = self._rows.get(name)
        return self._message(
            "ParameterDescriptor",
            name=name,
            type=parameter_type(row.default) if row else NOT_SET,
            description=row.description if row else "",
            additional_constraints=_constraints(row) if row else "",
            read_only=False,  # what is fixed while the node runs may still change before it is configured
            dynamic_typing=False,
            floating_point_range=self._range(row, float, "FloatingPointRange", 0.0),
            integer_range=self._range(row, int, "IntegerRange", 1),
        )

    def _range(self, row: Row | None, kind: type, message: str, step: float) -> list[Any]:
        if row is None or row.low is None or row.high is None or type(row.default) is not kind:
            return []
        return [self._message(message, from_value=kind(row.low), to_value=kind(row.high), step=step)]

    def _list(self, request: Any) -> Any:
        names = listed(self._rows, _bounded(request.prefixes), request.depth)
        prefixes = sorted({name.rpartition(SEPARATOR)[0] for name in names} - {""})
        return self._message("ListParametersResult", names=names, prefixes=prefixes)

    def _set(self, request: Any) -> list[Any]:
        return [self._changed([parameter]) for parameter in _bounded(request.parameters)]

    def _set_atomically(self, request: Any) -> Any:
        return self._changed(_bounded(request.parameters))

    def _changed(self, parameters: Sequence[Any]) -> Any:
        """The result of setting some parameters, all or none."""
        before = dict(self._current())
        try:
            self._change({parameter.name: _required(parameter) for parameter in parameters})
        except ValueError as error:
            return self._message("SetParametersResult", successful=False, reason=str(error))
        except Exception as error:  # who asked should hear of it
            logger.warning("parameters could not be changed", exc_info=error)
            return self._message("SetParametersResult", successful=False, reason=f"{type(error).__name__}: {error}")
        self._tell(before)
        return self._message("SetParametersResult", successful=True, reason="")

    def _tell(self, before: Mapping[str, Any]) -> None:
        """Publish what has another value than before."""
        changed = [
            self._message("Parameter", name=name, value=value_message(self._types, value))
            for name, value in self._current().items()
            if before.get(name) != value
        ]
        if changed and self._events.subscription_count():
            seconds, nanoseconds = time_of(self._bus.now_ns())
            stamp = self._types.types["builtin_interfaces/msg/Time"](seconds, nanoseconds)
            event = self._types.types[EVENT](stamp, self._bus.node.full, [], changed, [])
            self._events.publish(bytes(self._types.serialize_cdr(event, EVENT)))

    def _message(self, kind: str, /, **fields: Any) -> Any:
        return self._types.types[f"rcl_interfaces/msg/{kind}"](**fields)


def listed(names: Iterable[str], prefixes: Sequence[str], depth: int) -> list[str]:
    """The names below some prefixes, or all, at most so many words below them; a depth of 0 is without limit."""
    below = [(name, prefix) for name in names for prefix in prefixes or ("",) if _is_below(name, prefix)]
    near = [
        name
        for name, prefix in below
        if not depth or name.removeprefix(prefix).removeprefix(SEPARATOR).count(SEPARATOR) < depth
    ]
    return list(dict.fromkeys(near))


def _is_below(name: str, prefix: str) -> bool:
    return not prefix or name == prefix or name.startswith(prefix + SEPARATOR)


def _constraints(row: Row) -> str:
    return row.range if row.live else f"{row.range}; fixed while the node is configured"


def _required(parameter: Any) -> Any:
    value = value_of(parameter.value)
    if value is None:
        raise ValueError(f"expected a value for parameter {parameter.name}; it cannot be removed")
    return value


def _bounded(items: Sequence[Any]) -> Sequence[Any]:
    if len(items) > MAX_ITEMS:
        raise ValueError(f"expected at most {MAX_ITEMS} parameters in one request, got {len(items)}")
    return items
