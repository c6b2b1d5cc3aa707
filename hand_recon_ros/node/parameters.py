"""The parameters of the node: the fields of `NodeParameters` are the one table of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from hand_recon_ros.bus.marker_codec import MarkerStyle
from hand_recon_ros.bus.names import NODE_NAME

MAX_CAMERAS = 16

# Parameters that every ROS 2 node accepts; they are for other parts of the system.
OTHERS = ("use_sim_time", "start_type_description_service")
OTHER_PREFIXES = ("qos_overrides.",)


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    Attributes:
        live: a change takes effect on the next image; otherwise when the node starts.
    """

    name: str
    default: Any
    description: str
    low: float | None
    high: float | None
    unit: str
    choices: tuple[str, ...]
    live: bool

    @property
    def range(self) -> str:
        """What the values may be, for people."""
        if self.choices:
            return ", ".join(self.choices)
        if isinstance(self.default, tuple):
            return "a list of names"
        if self.low is None:
            return "true or false" if isinstance(self.default, bool) else "any text"
        return f"{self.low:g} to {self.high:g}" + (f" {self.unit}" if self.unit else "")

    def plain(self, value: Any) -> Any:
        """A value in the type that ROS 2 and YAML have for it."""
        return list(value) if isinstance(value, tuple) else value

    def checked(self, value: Any) -> Any:
        """The value in the parameter's type; ValueError when it has another type or lies outside the range."""
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if kind is tuple and type(value) is list and value and all(type(item) is str for item in value):
            value = tuple(value)
        inside = self.low is None or self.high is None or (type(value) is kind and self.low <= value <= self.high)
        if type(value) is not kind or not inside or (self.choices and value not in self.choices):
            raise ValueError(f"parameter {self.name} must be {KINDS[kind]}: {self.range}; got {value!r}")
        return value


KINDS = {bool: "a boolean", int: "a whole number", float: "a number", str: "a text", tuple: "a list of texts"}


def _row(
    default: Any,
    description: str,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    table = {"low": low, "high": high, "unit": unit, "choices": choices, "live": live, "description": description}
    return dataclasses.field(default=default, metadata=table)


@dataclass(frozen=True)
class NodeParameters:
    """Values of all parameters; every instance is valid.

    Raises:
        ValueError: a value of another type or outside its range.
    """

    model: str = _row("default", "Name of the model, as `hand-recon models` lists it.")
    mano: str = _row(
        "", "Folder with your MANO_RIGHT.pkl and MANO_LEFT.pkl, for research networks; empty for the free hand."
    )
    device: str = _row(
        "auto", "Where the networks run; auto takes CUDA when it is there.", choices=("auto", "cpu", "cuda")
    )
    threads: int = _row(0, "Threads for the networks on the CPU; 0 leaves the choice to the runtime.", 0, 256)
    autostart: bool = _row(True, "Configure and activate at start; otherwise wait for lifecycle transitions.")
    cameras: tuple[str, ...] = _row(
        ("",),
        "Cameras that this process serves with one batched network: the topics of each lie below its name, such as "
        "left/image and ~/left/hands. One empty name is a single camera without a prefix.",
    )
    max_hands: int = _row(4, "Most hands reconstructed in one image.", 1, 256)
    min_score: float = _row(0.5, "Findings that are hands with a lower probability are dropped.", 0.01, 0.99)
    smoothing: bool = _row(False, "Smooth tracked hands with a one-euro filter.")
    smoothing_min_cutoff: float = _row(1.5, "Cut-off of the filter at rest; lower is smoother.", 0.01, 100, "Hz")
    smoothing_speed_gain: float = _row(
        0.6, "How much the cut-off rises for each rad/s or 0.1 m/s; higher lags less behind fast motion.", 0, 100, "Hz"
    )
    image_is_rectified: bool = _row(
        False, "The image is rectified: use P of CameraInfo without distortion, instead of K with D.", live=True
    )
    fallback_fov_deg: float = _row(
        60.0, "Field of view across the longer side that is assumed without usable CameraInfo.", 1, 170, "degrees"
    )
    use_compressed: bool = _row(False, "Take images from image/compressed (JPEG or PNG) instead of image.")
    use_depth: bool = _row(False, "Take distances from the depth topic, registered to the image.")
    depth_tolerance: float = _row(
        0.05, "Largest difference between the stamps of an image and its depth image.", 0, 1, "s", live=True
    )
    publish_vertices: bool = _row(False, "Fill the mesh vertices into ~/hands.", live=True)
    marker_mesh: bool = _row(True, "Draw the mesh of each hand in ~/markers.", live=True)
    marker_skeleton: bool = _row(True, "Draw bones and joints in ~/markers.", live=True)
    marker_label: bool = _row(True, "Write side, track and score above each hand in ~/markers.", live=True)
    marker_lifetime: float = _row(
        0.3,
        "Markers vanish after this time without an image; above the longest gap between images.",
        0.01,
        60,
        "s",
        live=True,
    )
    publish_tf: bool = _row(False, "Publish wrists and joints as frames on /tf, below the frame of the image.")
    tf_prefix: str = _row("", "Begins the names of these frames; each camera needs another one.", live=True)
    tf_assumed_scale: bool = _row(
        False, "Publish frames also of hands whose distance rests on an assumed field of view.", live=True
    )
    debug_image_quality: int = _row(80, "Quality of ~/debug_image/compressed as JPEG.", 1, 100, live=True)

    def __post_init__(self) -> None:
        for row in PARAMETERS:
            object.__setattr__(self, row.name, row.checked(getattr(self, row.name)))
        _check_cameras(self.cameras)

    def values(self) -> dict[str, Any]:
        """All values by name, in the types of ROS 2 parameters."""
        return {row.name: row.plain(getattr(self, row.name)) for row in PARAMETERS}

    @property
    def marker_style(self) -> MarkerStyle:
        """How markers are drawn."""
        return MarkerStyle(self.marker_mesh, self.marker_skeleton, self.marker_label, lifetime_s=self.marker_lifetime)


def _check_cameras(cameras: tuple[str, ...]) -> None:
    named = all(NODE_NAME.fullmatch(camera) for camera in cameras)
    if cameras == ("",) or (named and 0 < len(cameras) <= MAX_CAMERAS and len(set(cameras)) == len(cameras)):
        return
    raise ValueError(
        f"parameter cameras must be 1 to {MAX_CAMERAS} different names of letters, digits and underscores, "
        f"got {list(cameras)!r}"
    )


def _table() -> tuple[Parameter, ...]:
    return tuple(Parameter(f.name, f.default, **f.metadata) for f in dataclasses.fields(NodeParameters))


PARAMETERS = _table()
"""All rows, in the order of the configuration file."""


def parameters_from(values: Mapping[str, Any]) -> NodeParameters:
    """Parameters with some values given, the others by default.

    Raises:
        ValueError: an unknown name, or a value of another type or outside its range.
    """
    names = [row.name for row in PARAMETERS]
    own = {k: v for k, v in values.items() if k not in OTHERS and not k.startswith(OTHER_PREFIXES)}
    for name in own:
        if name not in names:
            close = get_close_matches(name, names, 1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"
            raise ValueError(f"there is no parameter {name}; {hint}")
    return NodeParameters(**own)


def changed_parameters(before: NodeParameters, values: Mapping[str, Any]) -> NodeParameters:
    """Parameters after a change while the node runs.

    Raises:
        ValueError: an unknown name, a value that is not allowed, or one that takes effect at start only.
    """
    after = parameters_from({**before.values(), **values})
    fixed = [row.name for row in PARAMETERS if not row.live and getattr(after, row.name) != getattr(before, row.name)]
    if fixed:
        raise ValueError(
            f"parameter {fixed[0]} takes effect when the node is configured; clean it up or stop it, and start again"
        )
    return after
