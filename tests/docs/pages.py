"""The pages for people, taken apart: fenced and indented blocks, code spans, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)\n", re.M | re.S)
INDENTED = re.compile(r"(?:^ {4}\S[^\n]*\n)+", re.M)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
SHELL = ("sh", "bash", "console")
PROGRAMS = ("hand-recon", "hand-recon-train", "make", "python", "pip", "torchrun", "taskset")
WRAPPERS = {"sudo": 1, "taskset": 3}
"""Programs that start others, and how many words are theirs."""


class Block(NamedTuple):
    """A block of Python of a page, and the line that it begins in."""

    page: str
    text: str
    line: int


class Command(NamedTuple):
    """What a page tells people to type: the text, and its words after environment and wrappers."""

    page: str
    text: str
    words: tuple[str, ...]
    prose: bool = False

    @property
    def program(self) -> str:
        return self.words[0].rpartition("/")[2]

    @property
    def synopsis(self) -> bool:
        """Whether it shows what can be typed rather than one thing to type."""
        return self.prose or any(re.search(r"[\[\]<>|…]|\.\.\.", word) and ":=[" not in word for word in self.words)


def steps(page: str) -> Iterator[Block | Command]:
    """Commands and blocks of Python, in the page's order."""
    text = PAGES[page].read_text(encoding="utf-8")
    for found in re.finditer(f"(?P<fenced>{FENCE.pattern})|(?P<indented>{INDENTED.pattern})", text, re.M | re.S):
        if found["language"] == "python":
            yield Block(page, found["text"], text.count("\n", 0, found.start()) + 1)
        elif found["language"] in SHELL:
            yield from _commands(page, found["text"])
        elif not found["language"]:
            lines = found["text"] or found["indented"]
            if lines.strip().partition(" ")[0] in PROGRAMS:
                yield from _commands(page, lines)


def commands(page: str) -> Iterator[Command]:
    """Those of blocks; indented blocks and plain ones count where a program begins them."""
    yield from (step for step in steps(page) if isinstance(step, Command))


def spans(page: str) -> Iterator[Command]:
    """Commands of this package in the running text."""
    text = FENCE.sub("", PAGES[page].read_text(encoding="utf-8"))
    for _, code in SPAN.findall(text):
        if code.startswith(("hand-recon ", "hand-recon-train ", "make ", "torchrun ", "python ", "pip install ")):
            yield Command(page, code, tuple(shlex.split(code)), prose=True)


def _commands(page: str, text: str) -> Iterator[Command]:
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"\s&&\s", re.sub(r"(^|\s)#.*", "", line)):
            words = shlex.split(part)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words = words[1:]
            while words and words[0] in WRAPPERS:
                words = words[WRAPPERS[words[0]] :]
            if words:
                yield Command(page, part.strip(), tuple(words))
