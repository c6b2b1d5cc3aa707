"""Packages, shipped models and the version, for pip; ROS 2 builds go through CMakeLists.txt."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"', (ROOT / "hand_recon_ros/__init__.py").read_text(), re.M)
SHARED = ("config", "examples", "models", "msg")

setup(
    version=VERSION.group(1),
    packages=find_packages(include=["hand_recon_ros*", "hand_recon_train*"]),
    data_files=[
        (f"share/hand_recon_ros/{folder}", [str(p) for p in sorted(Path(folder).iterdir()) if p.is_file()])
        for folder in SHARED
    ],
)
