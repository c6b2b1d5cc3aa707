"""The witness, built once for all tests of a run and kept for the next runs."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from build_witness import UnavailableError, built_witness
from wire_side import NewBus
from witness_process import Witness

from hand_recon_ros.bus.discovery import WireSettings, discovery_config
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus

if TYPE_CHECKING:
    from node_runner import NodeProcess

for neighbour in ("bus", "node", "fuzz"):  # their message builders and stand-ins
    sys.path.insert(0, str(Path(__file__).parents[1] / neighbour))

FIRST_PORT, PORTS_PER_DOMAIN, FIRST_PARTICIPANT = 7400, 250, 10
DOMAINS_BELOW_EPHEMERAL_PORTS = 100


@pytest.fixture(scope="session")
def witness_program(request: pytest.FixtureRequest) -> Path:
    """The witness' program; what needs it is skipped where it cannot be built."""
    try:
        return built_witness(request.config.cache.mkdir("witness"))
    except UnavailableError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def domain() -> int:
    """A DDS domain in which nobody is."""
    for attempt in range(DOMAINS_BELOW_EPHEMERAL_PORTS):
        domain = 1 + (os.getpid() + 31 * attempt) % DOMAINS_BELOW_EPHEMERAL_PORTS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", FIRST_PORT + PORTS_PER_DOMAIN * domain + FIRST_PARTICIPANT))
                return domain
            except OSError:
                continue
    raise AssertionError("all DDS domains of this machine are in use")


@pytest.fixture
def new_witness(witness_program: Path, domain: int) -> Iterator[Callable[..., Witness]]:
    """Starts witnesses in the test's domain: `new_witness()`, or with a distribution."""
    running: list[Witness] = []

    def start(distribution: str = "jazzy", in_domain: int | None = None) -> Witness:
        running.append(Witness(witness_program, domain if in_domain is None else in_domain, distribution))
        return running[-1]

    yield start
    for witness in running:
        witness.close()


@pytest.fixture
def witness(new_witness: Callable[..., Witness]) -> Witness:
    """One witness in the test's domain."""
    return new_witness()


@pytest.fixture
def new_bus(domain: int) -> Iterator[NewBus]:
    """Makes wire buses of nodes in the test's domain: `new_bus("hands", "/robot", remaps)`."""
    running: list[WireBus] = []

    def start(
        name: str = "hands", namespace: str = "/", remaps: tuple[tuple[str, str], ...] = (), distribution: str = "jazzy"
    ) -> WireBus:
        settings = WireSettings(domain, discovery_config("LOCALHOST"), distribution)
        running.append(WireBus(NodeName(name, namespace, remaps), settings))
        return running[-1]

    yield start
    for bus in running:
        bus.close()


@pytest.fixture
def new_node(domain: int) -> Iterator[Callable[..., NodeProcess]]:
    """Starts node processes in the test's domain with ROS arguments and variables: `new_node("-r", "__node:=old")`."""
    from node_runner import NodeProcess

    running: list[NodeProcess] = []

    def start(*ros_arguments: str, **environment: str) -> NodeProcess:
        surroundings = {"ROS_DOMAIN_ID": str(domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"} | environment
        running.append(NodeProcess(("--ros-args", *ros_arguments), surroundings))
        return running[-1]

    yield start
    for node in running:
        node.close()
