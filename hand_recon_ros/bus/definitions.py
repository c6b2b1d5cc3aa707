"""Message definitions: those of a ROS 2 distribution, and our own from their .msg files."""

from __future__ import annotations

from functools import lru_cache

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from hand_recon_ros.bus.service_definitions import SERVICES
from hand_recon_ros.paths import shared_file

OWN_MESSAGES = ("HandJoints", "Hand", "HandArray", "HandMeshTopology")
DEFAULT_DISTRIBUTION = "jazzy"
DISTRIBUTIONS = {
    "humble": Stores.ROS2_HUMBLE,
    "iron": Stores.ROS2_IRON,
    "jazzy": Stores.ROS2_JAZZY,
    "kilted": Stores.ROS2_KILTED,
    "lyrical": Stores.ROS2_LYRICAL,
    "rolling": Stores.LATEST,
}


@lru_cache
def message_types(distribution: str = DEFAULT_DISTRIBUTION) -> Typestore:
    """Definitions, generic CDR codec and type hashes of all messages of a distribution and of this package.

    Services are there as messages, `std_srvs/srv/Trigger_Request` and `std_srvs/srv/Trigger_Response`.

    Raises:
        ValueError: an unknown distribution.
    """
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"expected a ROS 2 distribution out of {', '.join(DISTRIBUTIONS)}, got {distribution!r}")
    store = get_typestore(DISTRIBUTIONS[distribution])
    for name in OWN_MESSAGES:
        text = shared_file("msg", f"{name}.msg").read_text()
        store.register(get_types_from_msg(text, f"hand_recon_ros/msg/{name}"))
    for service, (request, response) in SERVICES.items():
        _register_part(store, f"{service}_Request", request)
        _register_part(store, f"{service}_Response", response)
    return store


def _register_part(store: Typestore, ros_type: str, text: str) -> None:
    """Register a request or response, which rosbags would rename."""
    package, _, name = ros_type.split("/")
    (definition,) = get_types_from_msg(text, f"{package}/msg/{name}").values()
    store.register({ros_type: definition})
