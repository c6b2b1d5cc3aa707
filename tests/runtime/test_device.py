from __future__ import annotations

import logging

import pytest

from hand_recon_ros.runtime import device, load_engine
from hand_recon_ros.runtime.device import choose_device, choose_threads, cuda_device_count

without_cuda = pytest.mark.skipif(cuda_device_count() > 0, reason="there is a CUDA device")


@without_cuda
def test_asking_for_cuda_without_one_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"no CUDA device; install the driver .* or use device cpu"):
        load_engine("palm_detector", device="cuda")


@without_cuda
def test_auto_takes_the_cpu_and_logs_it(caplog):
    with caplog.at_level(logging.INFO):
        assert choose_device("auto") == "cpu"
    assert "No CUDA device" in caplog.text


def test_auto_takes_cuda_where_the_driver_offers_it(monkeypatch):
    monkeypatch.setattr(device, "cuda_device_count", lambda: 1)
    assert choose_device("auto") == choose_device("cuda") == "cuda"
    assert choose_device("cpu") == "cpu"


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="auto, cpu or cuda, got 'tpu'"):
        choose_device("tpu")


def test_threads_are_taken_as_given_and_small_by_default():
    assert choose_threads(7) == 7
    assert 1 <= choose_threads(None) <= 4
    with pytest.raises(ValueError, match="at least 1, got 0"):
        choose_threads(0)
