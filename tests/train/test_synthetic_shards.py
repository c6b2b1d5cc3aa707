"""Shards and streams: the same bytes however they are made, whole or not at all, and read back exactly."""

from __future__ import annotations

import fcntl
import itertools
import json
import tarfile
from dataclasses import replace

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from hand_recon_train import cli
from hand_recon_train.datasets.files import DamagedFile
from hand_recon_train.synthetic.plan import Plan, read_manifest
from hand_recon_train.synthetic.records import ARRAYS, ENDINGS
from hand_recon_train.synthetic.renderer import Recipe, Renderer
from hand_recon_train.synthetic.shards import RenderedShards, shard_path, write_shards
from hand_recon_train.synthetic.stream import RenderedHands, RenderedStream

RECIPE = Recipe(seed=5, size=48)
PLAN = Plan(RECIPE, count=10, per_shard=4)


def folder_bytes(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*.tar"))}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    done = []
    assert write_shards(PLAN, folder, advanced=done.append) == 10
    assert sum(done) == 10
    return folder


def test_sample_i_depends_on_seed_and_i_alone():
    first, second = Renderer(RECIPE), Renderer(RECIPE)
    forwards = [first(k).jpeg for k in range(4)]
    assert forwards == [second(k).jpeg for k in reversed(range(4))][::-1]
    assert len(set(forwards)) == 4
    assert Renderer(replace(RECIPE, seed=6))(0).jpeg != forwards[0]


def test_workers_change_nothing(written, tmp_path):
    write_shards(PLAN, tmp_path, workers=2)
    assert folder_bytes(tmp_path) == folder_bytes(written)


def test_shards_are_webdataset_s(written):
    assert sorted(folder_bytes(written)) == [f"shard-{k:06d}.tar" for k in range(3)]
    with tarfile.open(shard_path(written, 2)) as tar:
        assert tar.getnames() == [f"{key:09d}.{ending}" for key in (8, 9) for ending in ENDINGS]


def test_reading_back_gives_the_stream(written):
    shards, render = RenderedShards(written), Renderer(RECIPE)
    assert len(shards) == 10
    for k in range(10):
        stored, made = shards[k], render(k).sample
        assert np.array_equal(stored.image, made.image)
        assert stored.camera == made.camera and stored.source == made.source
        for one, other in zip(stored.hands, made.hands, strict=True):
            assert one.side == other.side and one.mano.kind == other.mano.kind
            assert np.array_equal(one.mask, other.mask)
            for name in ARRAYS[:5]:
                assert np.array_equal(getattr(one, name), getattr(other, name)), name
            for name in ARRAYS[5:]:
                assert np.array_equal(getattr(one.mano, name), getattr(other.mano, name)), name
    with pytest.raises(IndexError):
        shards[10]


class KilledError(Exception):
    """Stands for whatever ends a run."""


def test_an_ended_run_goes_on_with_the_next_shard(written, tmp_path):
    count = itertools.count()

    def end_at_the_sixth(done):
        if done and next(count) == 5:
            raise KilledError

    with pytest.raises(KilledError):
        write_shards(PLAN, tmp_path, advanced=end_at_the_sixth)
    assert list(folder_bytes(tmp_path)) == ["shard-000000.tar"]
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]
    with pytest.raises(ValueError, match=r"shard-000001\.tar is missing"):
        RenderedShards(tmp_path)
    leftover = tmp_path / ".shard-000001.99.partial.tar"
    leftover.write_bytes(b"half")  # what a killed process leaves
    assert write_shards(PLAN, tmp_path) == 6
    assert folder_bytes(tmp_path) == folder_bytes(written)
    assert not leftover.exists()
    assert write_shards(PLAN, tmp_path) == 0


def test_shards_of_something_else_are_not_mixed(written):
    with pytest.raises(ValueError, match="seed 5 instead of 6"):
        write_shards(replace(PLAN, recipe=replace(RECIPE, seed=6)), written)
    with pytest.raises(ValueError, match="count 10 instead of 11"):
        write_shards(replace(PLAN, count=11), written)


def test_two_runs_do_not_share_a_folder(tmp_path):
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="another run writes"):
            write_shards(PLAN, tmp_path)


def test_damage_is_named(written, tmp_path):
    for path in written.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    shard = shard_path(tmp_path, 0)
    with tarfile.open(shard) as tar:
        entry = tar.getmember("000000001.npz")
    broken = bytearray(shard.read_bytes())
    broken[entry.offset_data : entry.offset_data + 200] = bytes(200)
    shard.write_bytes(bytes(broken))
    shard_path(tmp_path, 1).write_bytes(b"no archive" * 100)
    shards = RenderedShards(tmp_path)
    assert shards[0].hands
    with pytest.raises(DamagedFile, match="sample 000000001"):
        shards[1]
    with pytest.raises(DamagedFile, match=r"shard-000001\.tar"):
        shards[5]


def test_foreign_folders_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"manifest\.json"):
        RenderedShards(tmp_path)
    for text in ("{", "[]", json.dumps({"format": 1})):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match="manifest of rendered hands"):
            read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 99, "count": 1, "per_shard": 1}))
    with pytest.raises(ValueError, match="format 1"):
        read_manifest(tmp_path)


def test_the_stream_without_end_gives_each_sample_once():
    render = Renderer(RECIPE)
    stream = RenderedStream(RECIPE, start=3)
    loader = DataLoader(stream, batch_size=None, num_workers=2, multiprocessing_context="forkserver")
    seen = [sample for sample, _ in zip(loader, range(6), strict=False)]
    assert sorted(sample.source for sample in seen) == [f"rendered/5/{k:09d}" for k in range(3, 9)]
    third = next(sample for sample in seen if sample.source.endswith("3"))
    assert np.array_equal(third.image, render(3).sample.image)


def test_a_fixed_number_of_rendered_hands():
    hands = RenderedHands(RECIPE, 3)
    assert len(hands) == 3 and np.array_equal(hands[2].image, Renderer(RECIPE)(2).sample.image)
    with pytest.raises(IndexError):
        hands[3]
    with pytest.raises(ValueError, match="at least one"):
        RenderedHands(RECIPE, 0)


def synth(monkeypatch, arguments):
    """Run the verb; its exit status."""
    monkeypatch.setattr("sys.argv", ["hand-recon-train", "synth", *arguments.split()])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code or 0


def test_the_verb_writes_shards_and_a_sheet(monkeypatch, tmp_path, capfd):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "one.png"), np.full((60, 60, 3), 90, np.uint8))
    arguments = f"--count 3 --per-shard 2 --size 48 --workers 1 --backgrounds {pictures} --out {tmp_path / 'out'}"
    for extra, rendered in ((f"--sheet {tmp_path / 'sheet.png'}", 3), ("", 0)):
        assert synth(monkeypatch, f"{arguments} {extra}") == 0
        assert f"3 samples in 2 shards in {tmp_path / 'out'}, {rendered} of them rendered now" in capfd.readouterr().out
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


def test_without_a_gpu_the_verb_says_so_or_renders_as_ever(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr("hand_recon_ros.runtime.device.cuda_device_count", lambda: 0)
    arguments = f"--count 2 --size 48 --workers 1 --seed 5 --out {tmp_path}"
    assert synth(monkeypatch, f"{arguments} --device cuda") != 0
    assert "use device cpu" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
    assert synth(monkeypatch, f"{arguments} --device auto") == 0
    assert np.array_equal(RenderedShards(tmp_path)[1].image, Renderer(RECIPE)(1).sample.image)


def test_the_verb_asks_for_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr("hand_recon_ros.runtime.device.cuda_device_count", lambda: 1)
    written = []
    monkeypatch.setattr(
        "hand_recon_train.synthetic.shards.write_shards", lambda *arguments: written.append(arguments) or 1
    )
    assert synth(monkeypatch, f"--count 1 --size 48 --workers 3 --device cuda --out {tmp_path}") == 0
    ((plan, out, workers, _, device),) = written
    assert (plan.count, out, workers, device) == (1, tmp_path, 3, "cuda")
