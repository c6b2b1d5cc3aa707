"""The computer: system, Python packages, GPU, webcams."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import hand_recon_ros
from hand_recon_ros.doctor.finding import Finding, Level
from hand_recon_ros.runtime.device import choose_threads, cuda_device_count

NEEDED = ("numpy", "onnxruntime", "openvino", "torch", "cyclonedds", "rosbags")
CUDA_RUNTIMES = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu13")
OPENCVS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


def system() -> Iterator[Finding]:
    """Version of the package, Python, system and processor."""
    yield Finding("hand_recon_ros", Level.GOOD, hand_recon_ros.__version__)
    yield Finding("Python", Level.GOOD, f"{platform.python_version()} on {platform.platform()}")
    yield Finding("processor", Level.GOOD, f"{os.cpu_count()} cores; networks use {choose_threads(None)} threads")


def packages() -> Iterator[Finding]:
    """Versions of what does the work."""
    found = {name: version for name in (*NEEDED, *OPENCVS) if (version := _version(name))}
    missing = [name for name in NEEDED if name not in found and name != "openvino"]
    yield Finding(
        "packages",
        Level.BAD if missing else Level.GOOD,
        ", ".join(f"{name} {version}" for name, version in found.items()),
        f"install {', '.join(missing)}: pip install hand_recon_ros" if missing else "",
    )
    if "openvino" not in found:
        yield Finding("openvino", Level.NOTE, "not installed", "on x86 it is the fastest engine: pip install openvino")
    several = [name for name in OPENCVS if name in found]
    if len(several) > 1:
        yield Finding(
            "OpenCV",
            Level.BAD,
            f"{' and '.join(several)} overwrite each other",
            f"pip uninstall {' '.join(several[1:])}",
        )


def gpu() -> Iterator[Finding]:
    """CUDA devices of the driver, and whether torch can use them."""
    count = cuda_device_count()
    if not count:
        yield Finding("GPU", Level.NOTE, "no CUDA device; networks run on the CPU")
        return
    torch = _version("torch") or "absent"
    cuda = "+cu" in torch or any(map(_version, CUDA_RUNTIMES))
    yield Finding(
        "GPU",
        Level.GOOD if cuda else Level.BAD,
        f"{count} CUDA device(s), torch {torch}",
        "" if cuda else "this torch seems to be a build for the CPU: install the ordinary wheel of torch",
    )


def webcams(folder: Path = Path("/dev")) -> Iterator[Finding]:
    """Video devices, and whether they may be read."""
    devices = sorted(folder.glob("video*"))
    if not devices:
        yield Finding("webcams", Level.NOTE, "none")
        return
    closed = [str(device) for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    yield Finding(
        "webcams",
        Level.BAD if closed else Level.GOOD,
        ", ".join(map(str, devices)),
        f"no permission for {', '.join(closed)}: sudo usermod -aG video $USER, and log in again" if closed else "",
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
