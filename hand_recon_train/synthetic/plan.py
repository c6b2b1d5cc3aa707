"""What a folder of shards is to hold, and its manifest, which says so."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_recon_ros.atomic import written_whole
from hand_recon_train.synthetic.drawing import Recipe

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Plan:
    """What to write: the first `count` samples of a recipe, so many a shard.

    Raises:
        ValueError: counts that are not positive.
    """

    recipe: Recipe
    count: int
    per_shard: int = 1000

    def __post_init__(self) -> None:
        if self.count < 1 or self.per_shard < 1:
            raise ValueError(f"expected positive counts, got {self.count} samples, {self.per_shard} a shard")

    @property
    def shards(self) -> int:
        """How many shards."""
        return -(-self.count // self.per_shard)

    def samples(self, shard: int) -> range:
        """Indices of the samples of a shard."""
        return range(shard * self.per_shard, min(self.count, (shard + 1) * self.per_shard))


def check_manifest(ours: dict[str, Any], out: Path) -> None:
    """Make sure that a folder's shards are those of a manifest, or say so there if it holds none.

    Raises:
        ValueError: it holds shards of something else.
    """
    path = out / MANIFEST
    if path.is_file():
        theirs = read_manifest(out)
        keys = [key for key in ours | theirs if theirs.get(key) != ours.get(key)]
        off = [f"{key} {theirs.get(key)!r} instead of {ours.get(key)!r}" for key in keys]
        if off:
            raise ValueError(
                f"expected shards of the same hands in {out}, they have {', '.join(off)}; take another folder"
            )
        return
    if any(out.glob("shard-*.tar")):
        raise ValueError(f"expected {MANIFEST} beside the shards in {out}, it is not there; take another folder")
    with written_whole(path) as partial:
        partial.write_text(json.dumps(ours, indent=1))


def manifest_of(plan: Plan, device: str | None) -> dict[str, Any]:
    """What the shards of a plan are made of, and on which kind of device if on one."""
    recipe = plan.recipe
    names = "\n".join(f"{path.name} {path.stat().st_size}" for path in recipe.backgrounds)
    return {
        "format": FORMAT,
        "count": plan.count,
        "per_shard": plan.per_shard,
        "seed": recipe.seed,
        "size": recipe.size,
        "two_handed": recipe.two_handed,
        "poor_cameras": recipe.poor_cameras,
        "backgrounds": hashlib.sha256(names.encode()).hexdigest()[:16] if names else "",
        "models": sorted({model.name for model in recipe.models.values()}) if recipe.models else ["free_hand"],
        **({"device": device.partition(":")[0]} if device else {}),
    }


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the shards of a folder are made of.

    Raises:
        FileNotFoundError: there is no manifest.
        ValueError: it is not one of these shards.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f"expected {MANIFEST} of rendered hands in {folder}, it is not there")
    try:
        manifest = json.loads(path.read_text())
        known = manifest["format"] == FORMAT and manifest["count"] > 0 and manifest["per_shard"] > 0
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"expected a manifest of rendered hands in {path}, cannot read it: {error}") from error
    if not known:
        raise ValueError(f"expected format {FORMAT} in {path}, got {manifest['format']}; write the shards again")
    return dict(manifest)
