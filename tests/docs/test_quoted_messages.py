"""Sentences that the pages quote are those that the code says."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from pages import PAGES, ROOT

HOLE = "…"
FOREIGN = {"File(s) exceed the maximum allowed size": "Gradio's own"}


def table_messages(page: str) -> list[str]:
    """First cells of the tables whose first heading is "message"."""
    found, inside = [], False
    for line in PAGES[page].read_text(encoding="utf-8").splitlines():
        cell = line.strip("| ").split(" | ")[0]
        inside = line.startswith("|") and (inside or cell == "message")
        if inside and cell.startswith("`"):
            found.append(cell.strip("`"))
    return found


MESSAGES = [(page, message) for page in PAGES for message in table_messages(page)]


@cache
def said() -> str:
    """Every text of the package, a line each, with … for what is filled in."""
    sources = [path for folder in ("hand_recon_ros", "hand_recon_train") for path in (ROOT / folder).rglob("*.py")]
    texts = [text for path in sources for node in ast.walk(ast.parse(path.read_text())) if (text := template(node))]
    return "\n".join(texts)


def template(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else HOLE for part in node.values]
        return holes("".join(map(str, parts)))
    return holes(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def holes(text: str) -> str:
    """One … for %s of logging, ${} of scripts, and for neighbours."""
    return re.sub(r"(?:…|%[sdgr]|\$\{[^}]*\})+", HOLE, " ".join(text.split()))


@pytest.mark.parametrize(("page", "message"), MESSAGES)
def test_a_quoted_message_is_one_that_the_code_says(page: str, message: str) -> None:
    known = message in FOREIGN or message in said()
    assert known, f"{page} quotes what the code does not say: {message!r}; put … where something is filled in"


def test_most_of_the_troubleshooting_page_are_messages() -> None:
    assert sum(page == "troubleshooting.md" for page, _ in MESSAGES) > 50


def test_a_message_that_nobody_says_would_be_noticed() -> None:
    assert "expected a picture, … cannot be read as one; check the file" in said()
    assert "expected a photograph, … cannot be read" not in said()
