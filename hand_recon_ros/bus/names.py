"""ROS 2 graph names: expansion of relative and private names, and remapping.

The rules are those of the design article "Topic and Service name mapping to DDS" and of rcl.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

TOKEN = r"[A-Za-z_][A-Za-z0-9_]*"
NODE_NAME = re.compile(TOKEN)
NAMESPACE = re.compile(rf"/|(/{TOKEN})+")
TOPIC = re.compile(rf"(~|~/|/)?{TOKEN}(/{TOKEN})*")


@dataclass(frozen=True)
class NodeName:
    """A node's name and namespace, and its topic remappings.

    Attributes:
        name: without slashes.
        namespace: absolute, `/` for none.
        remaps: (from, to) pairs of topic names; the first that matches applies.

    Raises:
        ValueError: a name that ROS 2 does not allow.
    """

    name: str
    namespace: str = "/"
    remaps: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not NODE_NAME.fullmatch(self.name):
            raise ValueError(f"a node name is made of letters, digits and underscores, got {self.name!r}")
        if not NAMESPACE.fullmatch(self.namespace):
            raise ValueError(f"a namespace is absolute, such as /robot/left, got {self.namespace!r}")
        for name in (name for pair in self.remaps for name in pair):
            self.expand(name)

    @property
    def full(self) -> str:
        """Absolute name of the node."""
        return f"{self.namespace.rstrip('/')}/{self.name}"

    def expand(self, topic: str) -> str:
        """Absolute name of a relative, private (`~/x`) or absolute topic, before remapping."""
        if not TOPIC.fullmatch(topic):
            raise ValueError(f"a topic name is words joined by slashes, such as camera/image or ~/hands, got {topic!r}")
        if topic.startswith("/"):
            return topic
        if topic.startswith("~"):
            return f"{self.full}/{topic[1:].lstrip('/')}"
        return f"{self.namespace.rstrip('/')}/{topic}"

    def resolve(self, topic: str) -> str:
        """Absolute name of a topic after remapping."""
        name = self.expand(topic)
        return next((self.expand(to) for source, to in self.remaps if self.expand(source) == name), name)

    def sibling(self, base: str, topic: str) -> str:
        """Absolute name of a topic that follows a base topic when only that one is remapped; see `sibling_name`."""
        return sibling_name(self.expand, self.resolve, base, topic)


def sibling_name(expand: Callable[[str], str], resolve: Callable[[str], str], base: str, topic: str) -> str:
    """Absolute name of a topic that belongs to a base topic and follows it when only the base is remapped.

    `camera_info` of `image` lies beside it, `image/compressed` of `image` below it; an explicit remapping of the topic
    itself comes first.

    Args:
        expand: gives the absolute name of a topic before remapping.
        resolve: gives it after remapping.
        base: topic that is followed.
        topic: topic that follows.
    """
    resolved = resolve(topic)
    if resolved != expand(topic):
        return resolved
    moved = resolve(base)
    if topic.startswith(f"{base}/"):
        return moved + topic.removeprefix(base)
    return f"{moved.rpartition('/')[0]}/{topic.rpartition('/')[2]}"
