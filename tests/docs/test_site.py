"""The pages as MkDocs builds them: every link, anchor and menu entry leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT

MESSAGES = ROOT / "msg"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="building the pages needs the extra docs")
    built = tmp_path / "site"
    # The theme would tell news of its own.
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(built)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.stem for path in built.glob("*.html")} - {"404"}
    assert pages == {name.removesuffix(".md") for name in PAGES} - {"README"}


def test_the_readme_links_to_files_that_are_there() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", PAGES["README.md"].read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_page_of_topics_tells_of_every_field_of_the_messages() -> None:
    page = PAGES["topics.md"].read_text(encoding="utf-8")
    files = [MESSAGES / f"{name}.msg" for name in ("Hand", "HandArray", "HandMeshTopology")]
    fields = {name for file in files for name in re.findall(r"^[\w/\[\]]+ +(\w+)\s*(?:#.*)?$", file.read_text(), re.M)}
    assert "wrist" in fields
    assert {name for name in fields if f"`{name}`" not in page} == set()


def test_the_dockerfile_copies_a_tree_from_which_the_package_installs() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    needed = [
        "pyproject.toml",
        "setup.py",
        "README.md",
        "LICENSE",
        "config",
        "examples",
        "models",
        "msg",
        "hand_recon_ros",
    ]
    assert [name for name in needed if name in left_out or not (ROOT / name).exists()] == []
    assert "COPY . ." in (ROOT / "Dockerfile").read_text()


def test_the_page_of_installing_names_every_extra_for_users() -> None:
    extras = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    users = set(re.findall(r"^(\w+) = \[", extras, re.M)) - {"dev", "bake"}
    page = PAGES["install.md"].read_text(encoding="utf-8")
    assert {extra for extra in users if f"| `{extra}` |" not in page} == set()
