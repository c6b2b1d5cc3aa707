"""ROS 2 quality of service in terms of DDS, and why two ends of a topic do not match."""

from __future__ import annotations

from cyclonedds.qos import Policy
from cyclonedds.qos import Qos as DdsQos
from cyclonedds.util import duration

from hand_recon_ros.bus.interface import Qos

MAX_BLOCKING = duration(milliseconds=100)  # how long slow reliable readers may hold a publisher back

# enum dds_qos_policy_id, and what must have been offered and asked for when a policy does not match.
MISMATCHES = {2: ("volatile", "transient local"), 11: ("best effort", "reliable")}
POLICIES = {0: "type", 4: "deadline", 6: "ownership", 8: "liveliness", 25: "data representation"}


def dds_qos(qos: Qos, user_data: bytes = b"", spare: int = 0) -> DdsQos:
    """The DDS policies that rmw_cyclonedds_cpp sets for a profile, with a history that may be deeper."""
    history = Policy.History.KeepLast(qos.depth + spare)
    policies = [
        Policy.Reliability.Reliable(MAX_BLOCKING) if qos.reliable else Policy.Reliability.BestEffort,
        history,
        Policy.WriterDataLifecycle(autodispose=False),
        Policy.DataRepresentation(use_cdrv0_representation=True, use_xcdrv2_representation=False),
    ]
    if qos.transient_local:  # without the durability service late joiners would get one message at most
        policies += [Policy.Durability.TransientLocal, Policy.DurabilityService(0, history, -1, -1, -1)]
    else:
        policies.append(Policy.Durability.Volatile)
    if user_data:
        policies.append(Policy.Userdata(user_data))
    return DdsQos(*policies)


def refused_publisher(topic: str, policy: int) -> str:
    """Why a publisher elsewhere does not match our subscription."""
    if policy in MISMATCHES:
        offered, asked = MISMATCHES[policy]
        return (
            f"a publisher on {topic} offers {offered}, but {asked} is asked for here; nothing arrives from it: "
            f"let it offer {asked}"
        )
    return f"a publisher on {topic} offers another {_policy(policy)} than is asked for here; nothing arrives from it"


def refused_subscription(topic: str, policy: int) -> str:
    """Why a subscription elsewhere does not match our publisher."""
    if policy in MISMATCHES:
        offered, asked = MISMATCHES[policy]
        return (
            f"a subscription on {topic} asks for {asked}, but {offered} is offered here; it receives nothing: "
            f"let it ask for {offered}"
        )
    return f"a subscription on {topic} asks for another {_policy(policy)} than is offered here; it receives nothing"


def _policy(number: int) -> str:
    return POLICIES.get(number, f"policy {number}")
