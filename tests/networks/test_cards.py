from __future__ import annotations

import pytest

from hand_recon_ros.networks import cards


@pytest.mark.parametrize("text", ["name: x\n", "- a list\n", "name: [broken\n", ""])
def test_a_card_that_is_incomplete_or_no_yaml_is_refused(tmp_path, monkeypatch, text):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    monkeypatch.setattr(cards, "shared_file", lambda folder, name: path)
    with pytest.raises(ValueError, match=r"x\.yaml must be YAML with exactly the entries name, sha256"):
        cards.read_card("x.safetensors")


def test_weights_without_a_card_are_refused():
    with pytest.raises(FileNotFoundError, match=r"nothing\.yaml"):
        cards.read_card("nothing.safetensors")
