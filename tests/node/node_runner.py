"""The live node with the stand-in pipeline as a process that ROS arguments and the environment configure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

WAIT_S = 30.0
SCRIPT = Path(__file__).with_name("wire_node_process.py")
ROS_VARIABLES = (
    "ROS_DOMAIN_ID",
    "ROS_LOCALHOST_ONLY",
    "ROS_AUTOMATIC_DISCOVERY_RANGE",
    "ROS_STATIC_PEERS",
    "ROS_DISTRO",
    "CYCLONEDDS_URI",
)


class NodeProcess:
    """A running node; `log` is what it wrote on standard error so far."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], script: Path = SCRIPT):
        inherited = {name: value for name, value in os.environ.items() if name not in ROS_VARIABLES}
        inherited["PYTHONPATH"] = os.pathsep.join([str(SCRIPT.parents[1] / "bus"), *sys.path])
        self.log = ""
        self._process = subprocess.Popen(
            [sys.executable, str(script), *arguments], env=inherited | environment, stderr=subprocess.PIPE, text=True
        )
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self.log += line
                self._changed.notify_all()

    def wait_for(self, text: str) -> None:
        """Wait until the log has a text."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.log, WAIT_S), f"no {text!r} in:\n{self.log}"

    def stop(self, number: signal.Signals = signal.SIGINT, within_s: float = WAIT_S) -> int:
        """Send a signal and return the exit code; subprocess.TimeoutExpired when the process does not end in time."""
        self._process.send_signal(number)
        code = self._process.wait(within_s)
        self._reader.join(WAIT_S)  # the log is complete
        return code

    def close(self) -> None:
        """End it if it still runs."""
        self._process.kill()
        self._process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
