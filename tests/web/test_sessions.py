"""Whose files are kept, and until when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hand_recon_ros.web.sessions import MAX_AGE_S, MAX_SESSIONS, SessionFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "uploads").mkdir()
    return tmp_path


def sent(folder: Path, name: str) -> Path:
    upload = folder / "uploads" / name / "picture.png"
    upload.parent.mkdir(exist_ok=True)
    upload.write_bytes(b"picture")
    return upload


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def reconstruct(sessions: SessionFiles, session: str, upload: Path) -> Path:
    with sessions.run(session, upload) as results:
        (results / "mesh.glb").write_bytes(b"mesh")
    return results


@pytest.fixture
def sessions(folder: Path) -> SessionFiles:
    return SessionFiles(folder / "uploads", folder / "results")


def test_results_stay_until_their_person_leaves(sessions: SessionFiles, folder: Path) -> None:
    results = reconstruct(sessions, "ann", sent(folder, "a"))
    assert (results / "mesh.glb").exists()
    sessions.leave("ann")
    assert files_in(folder) == []
    sessions.leave("ann")


def test_a_new_picture_takes_the_place_of_the_one_before(sessions: SessionFiles, folder: Path) -> None:
    first = reconstruct(sessions, "ann", sent(folder, "a"))
    second = reconstruct(sessions, "ann", sent(folder, "b"))
    assert not first.exists() and second.exists()
    assert [name for name in files_in(folder) if name.startswith("uploads")] == ["uploads/b/picture.png"]


def test_the_same_picture_again_is_kept(sessions: SessionFiles, folder: Path) -> None:
    upload = sent(folder, "a")
    reconstruct(sessions, "ann", upload)
    reconstruct(sessions, "ann", upload)
    assert upload.exists()


def test_a_picture_that_two_people_sent_stays_for_the_one_who_is_there(sessions: SessionFiles, folder: Path) -> None:
    upload = sent(folder, "a")
    reconstruct(sessions, "ann", upload)
    bobs = reconstruct(sessions, "bob", upload)
    sessions.leave("ann")
    assert upload.exists() and bobs.exists()
    sessions.leave("bob")
    assert files_in(folder) == []


def test_what_becomes_ready_after_somebody_left_is_removed(sessions: SessionFiles, folder: Path) -> None:
    upload = sent(folder, "a")
    with sessions.run("ann", upload) as results:
        sessions.leave("ann")
        results.mkdir(exist_ok=True)
        (results / "mesh.glb").write_bytes(b"mesh")
    assert files_in(folder) == []


def test_a_failure_leaves_the_session_usable(sessions: SessionFiles, folder: Path) -> None:
    with pytest.raises(ValueError), sessions.run("ann", sent(folder, "a")):
        raise ValueError("no picture")
    assert reconstruct(sessions, "ann", sent(folder, "b")).exists()


def test_pictures_that_came_with_the_program_are_not_removed(sessions: SessionFiles, folder: Path) -> None:
    example = folder / "example.jpg"
    example.write_bytes(b"picture")
    reconstruct(sessions, "ann", example)
    sessions.leave("ann")
    assert example.exists()


def test_a_crowd_is_bounded(sessions: SessionFiles, folder: Path) -> None:
    made = [reconstruct(sessions, f"person {k}", sent(folder, str(k))) for k in range(MAX_SESSIONS + 3)]
    assert [results.exists() for results in made] == [False] * 3 + [True] * MAX_SESSIONS
    assert len(files_in(folder)) == 2 * MAX_SESSIONS


def test_what_a_vanished_browser_left_goes_after_an_hour(folder: Path) -> None:
    now = [0.0]
    sessions = SessionFiles(folder / "uploads", folder / "results", lambda: now[0])
    anns = reconstruct(sessions, "ann", sent(folder, "a"))
    now[0] = MAX_AGE_S / 2
    bobs = reconstruct(sessions, "bob", sent(folder, "b"))
    now[0] = MAX_AGE_S + 1
    reconstruct(sessions, "cleo", sent(folder, "c"))
    assert not anns.exists() and bobs.exists()


def test_a_picture_that_nobody_asked_about_goes_after_an_hour(sessions: SessionFiles, folder: Path) -> None:
    old, new = sent(folder, "old"), sent(folder, "new")
    os.utime(old, (0, 0))
    sessions.leave("ann")
    assert not old.exists() and new.exists()
