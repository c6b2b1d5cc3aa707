"""The engine that everybody shares, with the shipped networks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hand_recon_ros.sources.images import read_image
from hand_recon_ros.types import ByteImage, ScaleSource
from hand_recon_ros.web.examples import write_examples
from hand_recon_ros.web.studio import Choices, Studio


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    studio = Studio("cpu")
    yield studio
    studio.close()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> ByteImage:
    return read_image(write_examples(tmp_path_factory.mktemp("examples"))[0])


def test_the_examples_are_frames_of_the_clip_as_recorded(tmp_path: Path) -> None:
    files = write_examples(tmp_path / "made")
    assert len(files) == 4
    assert {read_image(file).shape for file in files} == {(480, 640, 3)}


def test_a_choice_of_hands_keeps_the_likeliest(studio: Studio, example: ByteImage) -> None:
    both = studio.reconstruct(example, Choices()).hands
    (one,) = studio.reconstruct(example, Choices(max_hands=1)).hands
    assert len(both) == 2 and both[0].score >= both[1].score
    np.testing.assert_array_equal(one.joints, both[0].joints)


def test_intrinsics_make_the_scale_metric(studio: Studio, example: ByteImage) -> None:
    assumed, known = (studio.reconstruct(example, Choices(camera=text)) for text in (" ", "560,560,319.5,239.5"))
    assert {hand.scale_source for hand in assumed.hands} == {ScaleSource.ASSUMED}
    assert {hand.scale_source for hand in known.hands} == {ScaleSource.METRIC}
    assert known.camera.fx == 560


@pytest.mark.parametrize("choices", [Choices(camera="1,2,3"), Choices(model="none")])
def test_a_choice_that_cannot_be_is_a_sentence_and_the_engine_goes_on(
    studio: Studio, example: ByteImage, choices: Choices
) -> None:
    with pytest.raises(ValueError, match=r"expected intrinsics|the model must be"):
        studio.reconstruct(example, choices)
    assert len(studio.reconstruct(example, Choices()).hands) == 2


def test_only_models_that_load_are_offered(studio: Studio) -> None:
    models = studio.models()
    assert models[0] == "default" and "landmarks_lite" in models
    assert "youtubehand" not in models  # needs weights that are not shipped


def test_two_people_at_once_get_their_own(studio: Studio, example: ByteImage) -> None:
    pictures = [example, np.zeros_like(example)] * 3
    together = threading.Barrier(len(pictures))

    def ask(rgb: ByteImage) -> int:
        together.wait()
        return len(studio.reconstruct(rgb, Choices()).hands)

    with ThreadPoolExecutor(len(pictures)) as people:
        assert list(people.map(ask, pictures)) == [2, 0] * 3
