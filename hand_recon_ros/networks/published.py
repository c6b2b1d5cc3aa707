"""How the state dict of a published checkpoint becomes a network's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from hand_recon_ros.networks.weights import fill_network


class Sign(NamedTuple):
    """What tells a checkpoint of something else from one of a network.

    Attributes:
        key: a network's own key.
        shape: of the tensor there, or None where there is none.
        what: what such a checkpoint is of.
    """

    key: str
    shape: tuple[int, ...] | None
    what: str


@dataclass(frozen=True)
class Published:
    """What a published checkpoint calls things; a network class holds one as its attribute `published`.

    Keys are compared without `prefix`, and renamed before anything else is looked at.

    Attributes:
        wrapper: entry of the checkpoint that holds the state dict, or "" where it is the checkpoint itself.
        prefix: leading part of every key, which may be absent, as from training in parallel.
        renamed: published leading part and ours.
        ignored: leading parts of keys that need no place in the network: constants, MANO's arrays, unused layers.
        optional: leading parts of own keys that only some variants of the network have; others leave them out.
        from_mesh: last parts of own keys that follow from mesh files, which no checkpoint holds: they stay as built.
        mesh_files: what these mesh files are, in words, or "" where there are none.
        complete: "module:function" that builds, from a hand model, the variant with all of them.
        signs: of checkpoints that people confuse with a network's; those that are the network's own do not count.
    """

    wrapper: str = ""
    prefix: str = "module."
    renamed: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    from_mesh: tuple[str, ...] = ()
    mesh_files: str = ""
    complete: str | None = None
    signs: tuple[Sign, ...] = ()

    def own_key(self, key: str) -> str | None:
        """A network's key for a published one, or None for a key that is ignored."""
        key = key.removeprefix(self.prefix)
        if key.startswith(self.ignored):
            return None
        for theirs, ours in self.renamed:
            if key.startswith(theirs):
                return ours + key[len(theirs) :]
        return key


def own_tensors(layout: Published, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a published state dict that a network takes, under its own keys."""
    named = {layout.own_key(key): tensor for key, tensor in state.items()}
    return {key: tensor for key, tensor in named.items() if key is not None}


def recognised(network: nn.Module, tensors: Mapping[str, Tensor]) -> str | None:
    """What a checkpoint that is none of this network is of, as far as its layout knows; own keys."""
    own = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    given = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    signs = (s for s in published_layout(network).signs if given.get(s.key) == s.shape != own.get(s.key))
    return next((sign.what for sign in signs), None)


def published_layout(network: nn.Module) -> Published:
    """What a network's published checkpoints look like.

    Raises:
        ValueError: it has none.
    """
    layout = getattr(network, "published", None)
    if not isinstance(layout, Published):
        raise ValueError(f"expected a network with published checkpoints, got {type(network).__name__}")
    return layout


def fill_published(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Fill a network with a published state dict.

    Raises:
        ValueError: the network is no published one, or tensors are missing, too many, or of another shape.
    """
    fill_own(network, own_tensors(published_layout(network), state))


def fill_own(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Fill a network with tensors under its own keys."""
    fill_network(network, whole_state(network, tensors))


def whole_state(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A checkpoint's tensors without the optional ones that this variant lacks, with those that it builds itself."""
    layout, own = published_layout(network), network.state_dict()
    built = {key: tensor for key, tensor in own.items() if key.endswith(layout.from_mesh)}
    taken = {key: tensor for key, tensor in tensors.items() if key in own or not key.startswith(layout.optional)}
    return built | taken
