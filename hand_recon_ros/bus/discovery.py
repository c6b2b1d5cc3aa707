"""Where the wire bus looks for other nodes: Cyclone DDS configuration from the usual ROS 2 environment variables.

Follows rmw_cyclonedds: ROS_DOMAIN_ID, ROS_LOCALHOST_ONLY, ROS_AUTOMATIC_DISCOVERY_RANGE, ROS_STATIC_PEERS, and
CYCLONEDDS_URI on top of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from hand_recon_ros.bus.definitions import DEFAULT_DISTRIBUTION, DISTRIBUTIONS

MAX_DOMAIN = 232  # beyond it the well-known UDP ports do not fit into 16 bits
RANGES = ("SUBNET", "LOCALHOST", "OFF", "SYSTEM_DEFAULT")
# Hosts without multicast on their interfaces are found through the ports of the first 33 participants.
BY_PORT = "<ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>32</MaxAutoParticipantIndex>"
# One host has no fragments to lose, so datagrams may be as large as UDP allows; that halves the time of an image.
LOOPBACK = (
    '<Interfaces><NetworkInterface address="127.0.0.1" multicast="false"/></Interfaces>'
    "<AllowMulticast>false</AllowMulticast><MaxMessageSize>65500B</MaxMessageSize><FragmentSize>64000B</FragmentSize>"
)
# Fast DDS understands that a participant leaves only by its key hash; without it a node is shown for ten more seconds.
# And a publisher that leaves waits so long for a subscriber that stopped to answer; many may leave one by one.
INTERNAL = (
    '<GenerateKeyhash>true</GenerateKeyhash><SocketReceiveBufferSize min="default" max="10MB"/>'
    "<WriterLingerDuration>100ms</WriterLingerDuration>"
)


@dataclass(frozen=True)
class WireSettings:
    """Where a wire bus lives.

    Attributes:
        domain_id: DDS domain.
        config: Cyclone DDS configuration, XML.
        distribution: ROS 2 distribution of the other nodes; it decides the layout of the graph announcement, which
            changed between Humble and Iron.
    """

    domain_id: int = 0
    config: str = ""
    distribution: str = DEFAULT_DISTRIBUTION

    def __post_init__(self) -> None:
        if not 0 <= self.domain_id <= MAX_DOMAIN:
            raise ValueError(f"expected a ROS_DOMAIN_ID of 0 to {MAX_DOMAIN}, got {self.domain_id}")


def settings_from_environment(environment: Mapping[str, str] = os.environ) -> WireSettings:
    """Settings as a ROS 2 process would take them.

    Raises:
        ValueError: a variable with a value that ROS 2 does not know.
    """
    domain = environment.get("ROS_DOMAIN_ID") or "0"
    if not domain.isdecimal():
        raise ValueError(f"expected a number in ROS_DOMAIN_ID, got {domain!r}")
    reach = (environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE") or "SUBNET").upper()
    if reach not in RANGES:
        raise ValueError(f"expected one of {', '.join(RANGES)} in ROS_AUTOMATIC_DISCOVERY_RANGE, got {reach!r}")
    if environment.get("ROS_LOCALHOST_ONLY") == "1":
        reach = "LOCALHOST"
    peers = [peer for peer in environment.get("ROS_STATIC_PEERS", "").split(";") if peer]
    config = discovery_config(reach, peers)
    distribution = environment.get("ROS_DISTRO", DEFAULT_DISTRIBUTION)
    return WireSettings(
        int(domain),
        ",".join(filter(None, (config, environment.get("CYCLONEDDS_URI", "")))),
        distribution if distribution in DISTRIBUTIONS else DEFAULT_DISTRIBUTION,
    )


def localhost_settings(domain_id: int) -> WireSettings:
    """Settings for nodes on this host alone."""
    return WireSettings(domain_id, discovery_config("LOCALHOST"))


def discovery_config(reach: str, peers: list[str] | None = None) -> str:
    """Cyclone DDS configuration for one of `RANGES` and further hosts to ask."""
    general, discovery, addresses = "", "", list(peers or ())
    if reach in ("LOCALHOST", "OFF"):
        general = LOOPBACK
        addresses = ["127.0.0.1", *addresses]
    if reach == "OFF":  # participants with different tags ignore each other
        discovery, addresses = f"<Tag>{os.getpid()}</Tag>", []
    if addresses:
        listed = "".join(f"<Peer address={quoteattr(address)}/>" for address in addresses)
        discovery = f"{BY_PORT}<Peers>{listed}</Peers>"
    return (
        f'<CycloneDDS><Domain id="any"><General>{general}</General><Discovery>{discovery}</Discovery>'
        f"<Internal>{INTERNAL}</Internal></Domain></CycloneDDS>"
    )
