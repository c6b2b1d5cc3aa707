"""The palm detector and the landmark network on pictures that lie on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hand_recon_ros.device.asking import asked_rows
from hand_recon_ros.device.layout import ASKED, SAMPLED
from hand_recon_ros.device.sampling import sample_letterbox
from hand_recon_ros.device.work import Work
from hand_recon_ros.pipeline import landmarks, palm_detection
from hand_recon_ros.pipeline.cropping import letterbox_of
from hand_recon_ros.pipeline.landmarks import NOTHING, Landmarks, in_image
from hand_recon_ros.pipeline.palm_detection import Palms, Search, palms_in_picture
from hand_recon_ros.pipeline.regions import crop_to_image
from hand_recon_ros.pipeline.tracking import Track
from hand_recon_ros.pipeline.view import View

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class FittedLandmarks(Landmarks):
    """Landmarks of N hands that are already fitted; fitted: (N,) rows of hands_layout."""

    fitted: Rows

    def take(self, rows: slice | npt.NDArray[np.intp]) -> FittedLandmarks:
        """The chosen hands, in the order of rows."""
        seen = super().take(rows)
        return FittedLandmarks(**vars(seen), fitted=self.fitted[rows])


class DeviceNetworks:
    """Runs the networks, and with the last look the whole fit; see roles.HandNetworks."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def palms(self, views: Sequence[View], searches: Sequence[Search]) -> list[Palms]:
        """Palms of each view, best first."""
        if not views:
            return []
        pictures, size = self._work.pictures, palm_detection.INPUT_SIZE
        pictures.place(views)
        boxes = [letterbox_of(v.frame.rgb.shape[:2], size, s.share) for v, s in zip(views, searches, strict=True)]
        rows = np.zeros(len(views), SAMPLED)
        for row, view, box in zip(rows, views, boxes, strict=True):
            sample_letterbox(row, pictures.placed(view), box)
            pictures.halve(view)
        found = self._work.detect(rows)
        return [
            palms_in_picture(of_one["raw"], of_one["logits"], search.min_score, box.scale, box.offset)
            for of_one, search, box in zip(found, searches, boxes, strict=True)
        ]

    def landmarks(self, views: Sequence[View], regions: Sequence[Array]) -> list[Landmarks]:
        """What the regions (N, 4) of each view show."""
        rows, maps = self._asked(views, regions, [()] * len(views))
        if not len(rows):
            return [NOTHING] * len(views)
        return _split(_seen(self._work.look(rows), maps, regions), regions)

    def hands(self, views: Sequence[View], regions: Sequence[Array]) -> list[Landmarks]:
        """The same, with every hand fitted as its track asks for, whether it is then kept or not."""
        rows, maps = self._asked(views, regions, [view.memory.tracks for view in views])
        if not len(rows):
            return [NOTHING] * len(views)
        found = self._work.reconstruct(rows)
        return _split(FittedLandmarks(**vars(_seen(found, maps, regions)), fitted=found), regions)

    def _asked(
        self, views: Sequence[View], regions: Sequence[Array], tracks: Sequence[Sequence[Track]]
    ) -> tuple[Rows, npt.NDArray[np.float64]]:
        """Rows of all regions, whose pictures are on their way to the device, and maps (N, 2, 3) from their crops."""
        shown = [of_one for of_one in zip(views, regions, tracks, strict=True) if len(of_one[1])]
        self._work.pictures.place([view for view, *_ in shown])
        rows, maps = [np.zeros(0, ASKED)], [np.zeros((0, 2, 3))]
        for view, of_one, known in shown:
            maps.append(crop_to_image(of_one, landmarks.INPUT_SIZE))
            rows.append(self._rows(view, of_one, maps[-1], known))
        return np.concatenate(rows), np.concatenate(maps)

    def _rows(self, view: View, regions: Array, maps: npt.NDArray[np.float64], tracks: Sequence[Track]) -> Rows:
        placed, map_number = self._work.pictures.placed(view), self._work.maps.number(view.camera)
        rows = asked_rows(view.camera, placed, map_number, regions, maps, tracks)
        if (rows["base"] != placed.levels[0].base).any():
            self._work.pictures.halve(view)
        return rows


def _seen(found: Rows, maps: npt.NDArray[np.float64], regions: Sequence[Array]) -> Landmarks:
    outputs = (found["points"], found["presence"], found["right"], found["world"])
    return in_image(outputs, maps, np.concatenate(regions)[:, 2])


def _split(found: Landmarks, regions: Sequence[Array]) -> list[Landmarks]:
    ends = np.cumsum([len(of_one) for of_one in regions]).tolist()
    return [found.take(slice(end - len(of_one), end)) for end, of_one in zip(ends, regions, strict=True)]
