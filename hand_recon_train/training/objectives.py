"""Which losses each network trains with, and their published weights."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hand_recon_train.losses import HandOccNetLoss, SmhrLoss, TwoHandLoss, YoutubeHandLoss

AnyLoss = HandOccNetLoss | YoutubeHandLoss | TwoHandLoss | SmhrLoss

PUBLISHED: dict[str, AnyLoss] = {
    "handoccnet": HandOccNetLoss(),
    "interacthand": HandOccNetLoss(),
    "youtubehand_resnet18": YoutubeHandLoss(),
    "youtubehand_resnet50": YoutubeHandLoss(),
    "youtubehand_hrnet": YoutubeHandLoss(),
    "eaa_interhand": TwoHandLoss(),
    "eaa_interhand_release": TwoHandLoss(),
    "smhr_single": SmhrLoss(sides=0, vertices=0, joints=0, mean_centre=False),
    "smhr_multi": SmhrLoss(),
}


def objective_of(network: str, weights: Mapping[str, float] | None = None) -> AnyLoss:
    """A network's losses, with weights in the place of published ones.

    Raises:
        ValueError: no losses are known for the network, or it has none of a name.
    """
    if network not in PUBLISHED:
        raise ValueError(f"expected a network out of {', '.join(PUBLISHED)}, got {network!r}; correct the name")
    published = PUBLISHED[network]
    known: dict[str, Any] = asdict(published)
    for name in weights or {}:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise ValueError(f"expected weights out of {', '.join(known)} for {network}, got {name!r}{hint}")
    return replace(published, **{name: type(known[name])(value) for name, value in (weights or {}).items()})
