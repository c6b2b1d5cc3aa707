"""One engine for everybody who looks at the page: pictures are reconstructed one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from hand_recon_ros.pipeline import HandPipeline
from hand_recon_ros.pipeline.recipes import check_model, model_recipes
from hand_recon_ros.sources.cameras import parse_camera
from hand_recon_ros.types import ByteImage, HandFrame

MAX_HANDS = 8
KEPT_MODELS = 2
"""Models that stay loaded: those that were asked for last."""


@dataclass(frozen=True)
class Choices:
    """What a person may choose for a picture; camera is "fx,fy,cx,cy" in pixels, empty to assume a field of view."""

    model: str = "default"
    max_hands: int = 4
    camera: str = ""


class Studio:
    """Reconstructs pictures for several people; may be called from any thread.

    State of CUDA belongs to a thread, so everything that touches a network happens on one.

    Args:
        device: where networks run, as in HandPipeline.create; so are the others.
        mano: folder with the user's files of MANO.
        random_weights: for tests.
    """

    def __init__(self, device: str = "auto", mano: Path | None = None, random_weights: bool = False):
        self._device, self._mano, self._random_weights = device, mano, random_weights
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hands")
        self._pipeline = lru_cache(maxsize=KEPT_MODELS)(self._load)

    def models(self) -> tuple[str, ...]:
        """Names of the models that could be loaded, the best one first."""
        return "default", *(recipe.name for recipe in model_recipes() if self._loadable(recipe.name))

    def load(self, model: str) -> None:
        """Load a model now rather than for the first picture; errors are those of HandPipeline.create."""
        self._thread.submit(self._pipeline, model).result()

    def reconstruct(self, rgb: ByteImage, choices: Choices) -> HandFrame:
        """The hands of a picture (H, W, 3), the likeliest first; waits for the pictures that came earlier.

        Raises:
            ValueError: a choice that cannot be; other errors are those of HandPipeline.create.
        """
        return self._thread.submit(self._reconstruct, rgb, choices).result()

    def close(self) -> None:
        """Wait for the picture in work, and drop those that wait."""
        self._thread.shutdown(cancel_futures=True)
        self._pipeline.cache_clear()

    def _reconstruct(self, rgb: ByteImage, choices: Choices) -> HandFrame:
        size = rgb.shape[1], rgb.shape[0]
        camera = parse_camera(choices.camera, size) if choices.camera.strip() else None
        frame = self._pipeline(choices.model)(rgb, camera=camera)
        likeliest = sorted(frame.hands, key=lambda hand: hand.score, reverse=True)
        return replace(frame, hands=tuple(likeliest[: choices.max_hands]))

    def _load(self, model: str) -> HandPipeline:
        return HandPipeline.create(
            model, self._device, max_hands=MAX_HANDS, mano=self._mano, random_weights=self._random_weights
        )

    def _loadable(self, model: str) -> bool:
        try:
            check_model(model, self._mano, self._random_weights)
        except (ValueError, OSError):
            return False
        return True
