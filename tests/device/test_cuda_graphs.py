"""Real captures and replays: these need a GPU, and are skipped without one."""

import numpy as np
import pytest
import torch

from hand_recon_ros import Frame
from hand_recon_ros.device.graphs import BUCKETS, Exchange, recorder
from hand_recon_ros.device.layout import ASKED
from hand_recon_ros.device.loading import load_on_device
from hand_recon_ros.node.bag_frames import bag_frames
from hand_recon_ros.paths import shared_file
from hand_recon_ros.pipeline import HandRig, OneEuro, Settings
from hand_recon_ros.pipeline.recipes import find_recipe

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
PERIOD_NS = 33_333_333


@pytest.fixture(scope="module")
def clip():
    return np.stack([frame.rgb for frame in bag_frames(shared_file("examples", "two_hands.mcap"))])


def rigs(precision="float32", **changed):
    """The path on a CPU and on CUDA."""
    settings = Settings(**({"tracking": True, "max_hands": 2} | changed))
    recipe = find_recipe("default")
    given = (("cpu", "float32"), ("cuda", precision))
    return [HandRig(*load_on_device(recipe, settings, *where), settings) for where in given]


def apart(found, wanted):
    """Largest differences of the hands of a frame, by track: pixels and metres."""
    found, wanted = ({hand.track_id: hand for hand in frame.hands} for frame in (found, wanted))
    assert found.keys() == wanted.keys()
    pixels = [np.abs(found[k].joints_2d - wanted[k].joints_2d).max() for k in wanted]
    metres = [np.abs(found[k].vertices - wanted[k].vertices).max() for k in wanted]
    return max(pixels), max(metres)


def test_a_replay_reads_what_the_tensors_hold_then():
    device = torch.device("cuda")
    source, result = torch.zeros(4, device=device), torch.zeros(4, device=device)

    def double():
        result.copy_(source * 2)

    recorded = recorder(device)(double)
    source.fill_(3)
    recorded()
    assert result.tolist() == [6.0] * 4


def test_rows_reach_the_device_and_come_back():
    exchange = Exchange(4, ASKED, torch.device("cuda"))
    rows = np.zeros(3, ASKED)
    rows["map"], rows["turn"] = 5, 0.5
    exchange.send(rows)
    assert (exchange.fetch(3) == rows).all()


@pytest.mark.parametrize("smoothing", [None, OneEuro()])
def test_cuda_finds_what_the_cpu_finds(clip, smoothing):
    on_cpu, on_cuda = rigs(smoothing=smoothing)
    for k, rgb in enumerate(clip[::3]):
        frames = {"": Frame(rgb, PERIOD_NS * k)}
        on_cuda._memories = dict(on_cpu._memories)
        wanted, found = on_cpu(frames)[""], on_cuda(frames)[""]
        pixels, metres = apart(found, wanted)
        assert (pixels < 0.1 and metres < 1e-4) or k == 0  # of the first picture two looks add up


def test_half_precision_stays_near(clip):
    on_cpu, on_cuda = rigs("float16")
    for k, rgb in enumerate(clip[::10]):
        frames = {"": Frame(rgb, PERIOD_NS * k)}
        on_cuda._memories = dict(on_cpu._memories)
        wanted, found = on_cpu(frames)[""], on_cuda(frames)[""]
        pixels, metres = apart(found, wanted)
        assert (pixels < 0.5 and metres < 5e-3) or k == 0


def test_every_bucket_is_captured_once_and_gives_the_same(clip):
    _, rig = rigs(max_hands=BUCKETS[-1] // 2)
    frames = {str(k): Frame(clip[0]) for k in range(BUCKETS[-1] // 2)}
    held = torch.cuda.memory_allocated()
    for count in (1, 3, len(frames)):
        some = dict(list(frames.items())[:count])
        found = rig(some)
        assert [len(frame.hands) for frame in found.values()] == [2] * count
        for name in some:
            rig.reset(name)
    rig(frames)
    before = torch.cuda.memory_allocated()
    for _ in range(3):
        rig(frames)
    assert torch.cuda.memory_allocated() == before >= held


def test_a_tracked_frame_waits_for_the_device_once(clip, monkeypatch):
    _, rig = rigs()
    for k in range(3):
        rig({"": Frame(clip[k], PERIOD_NS * k)})
    waits = []
    fetch = Exchange.fetch
    monkeypatch.setattr(Exchange, "fetch", lambda self, count: waits.append(count) or fetch(self, count))
    torch.cuda.set_sync_debug_mode("error")  # torch's own waits; the stream's in fetch is ours
    try:
        rig({"": Frame(clip[3], PERIOD_NS * 3)})
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert waits == [2]
