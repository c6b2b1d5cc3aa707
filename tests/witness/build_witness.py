"""Builds the witness from Debian packages of Fast DDS that are unpacked into a folder: nothing is installed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

SOURCES = ("messages.idl", "json.hpp", "witness.cpp")
TOOLS = ("apt-get", "dpkg-deb", "g++", "java")
PACKAGES = (
    *("libfastrtps-dev", "libfastrtps2.9", "libfastcdr-dev", "libfastcdr1", "libasio-dev", "libssl3", "libsqlite3-0"),
    *("libfoonathan-memory-dev", "libfoonathan-memory0.7.2", "libtinyxml2-dev", "libtinyxml2-9"),
    *("fastddsgen", "libeprosima-idl-parser-java", "libstringtemplate-java", "libstringtemplate4-java"),
    *("libantlr4-runtime-java", "antlr4"),
)
DOWNLOAD_S, BUILD_S = 180, 300


class UnavailableError(Exception):
    """The witness cannot be had on this machine; the text says what is missing."""


def built_witness(folder: Path) -> Path:
    """The witness in a folder of its version; built there by the first process that comes, others wait.

    Raises:
        UnavailableError: a tool or the packages are not to be had.
        subprocess.CalledProcessError: it does not compile, which is our fault.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise UnavailableError(f"the witness needs {' and '.join(missing)} to be built")
    place = folder / _version()
    with _locked(folder):
        if not (place / "witness").exists():
            work = folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            _unpack_packages(work)
            _compile(work, place)
            shutil.rmtree(work / "packages")
            work.rename(place)
    return place / "witness"


def _version() -> str:
    digest = hashlib.sha256(" ".join(PACKAGES).encode())
    for name in (*SOURCES, Path(__file__).name):
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unpack_packages(work: Path) -> None:
    """Download with package lists of our own, which needs neither root nor an earlier `apt-get update`."""
    packages, lists, cache = work / "packages", work / "packages" / "lists", work / "packages" / "cache"
    for folder in (lists / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    own = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "APT::Sandbox::User="]
    for action in (["update"], ["download", *PACKAGES]):
        try:
            done = subprocess.run(
                ["apt-get", *own, *action, "-qq"], cwd=packages, capture_output=True, text=True, timeout=DOWNLOAD_S
            )
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"apt-get {action[0]} did not end within {DOWNLOAD_S} s") from error
        if done.returncode:
            errors = "; ".join(line for line in done.stderr.splitlines() if line.startswith("E:"))[:300]
            raise UnavailableError(f"apt-get {action[0]} brings no packages for the witness, Debian 12's: {errors}")
    for package in sorted(packages.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(work / "root")], work)


def _compile(work: Path, place: Path) -> None:
    """Generate the messages' code, compile without optimisation, and link to where the libraries will lie."""
    for name in SOURCES:
        shutil.copy(Path(__file__).with_name(name), work)
    root = work / "root" / "usr"
    jars = ":".join(str(jar) for jar in sorted((root / "share").rglob("*.jar")))
    _run(["java", "-cp", jars, "com.eprosima.fastdds.fastddsgen", "-replace", "messages.idl"], work)
    machine = _run(["g++", "-print-multiarch"], work).strip()
    includes = ["-I.", f"-I{root}/include", f"-I{root}/include/{machine}"]
    units = ["messages.cxx", "messagesPubSubTypes.cxx", "witness.cpp"]
    commands = [["g++", "-c", "-O0", "-std=c++17", *includes, unit] for unit in units]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda command: _run(command, work), commands))
    objects = [f"{Path(unit).stem}.o" for unit in units]
    libraries = root / "lib" / machine
    later = place / "root" / "usr" / "lib" / machine
    # The old kind of run path (RPATH) holds for the libraries' own libraries too.
    paths = [f"-L{libraries}", f"-Wl,-rpath-link,{libraries}", f"-Wl,--disable-new-dtags,-rpath,{later}"]
    _run(["g++", *objects, *paths, "-lfastrtps", "-lfastcdr", "-lpthread", "-o", "witness"], work)


def _run(command: Sequence[str], folder: Path) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_S)
    if done.returncode:
        print(done.stderr[-4000:])
        done.check_returncode()
    return done.stdout
