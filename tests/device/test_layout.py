"""Rows that the host names and the device sees as numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hand_recon_ros.device.graphs import BUCKETS, Exchange, bucket_for
from hand_recon_ros.device.layout import ASKED, columns, hands_layout, store, width_of

HANDS = hands_layout(vertices=5, free=22, sight=3)


@given(seed=st.integers(0, 999), count=st.integers(1, 4))
def test_what_the_host_writes_the_device_reads(seed, count):
    rows = np.frombuffer(np.random.default_rng(seed).bytes(count * ASKED.itemsize), ASKED)
    table = torch.from_numpy(rows.copy().view(np.float32).reshape(count, width_of(ASKED)))
    for name in ASKED.names:
        assert columns(table, ASKED, name).numpy().tobytes() == np.ascontiguousarray(rows[name]).tobytes(), name


def test_what_the_device_writes_the_host_reads():
    exchange = Exchange(3, HANDS, torch.device("cpu"))
    fields = {"vertices": torch.rand(3, 5, 3), "joints": torch.rand(3, 21, 3), "landmarks": torch.rand(3, 21, 3)}
    store(exchange.device_rows, HANDS, fields)
    found = exchange.fetch(2)
    for name, values in fields.items():
        assert (found[name] == values[:2].numpy()).all()
    assert not found["pose"].any() and len(found) == 2


def test_rows_that_are_not_sent_become_zeros():
    exchange = Exchange(2, ASKED, torch.device("cpu"))
    rows = np.zeros(2, ASKED)
    rows["base"] = 7
    exchange.send(rows)
    exchange.send(rows[:1])
    assert exchange.fetch(2)["base"].tolist() == [7, 0]


def test_fields_out_of_order_are_refused():
    table = torch.zeros(1, width_of(HANDS))
    with pytest.raises(ValueError, match="in the order of"):
        store(table, HANDS, {"joints": torch.zeros(1, 21, 3), "vertices": torch.zeros(1, 5, 3)})


def test_a_batch_takes_the_smallest_bucket_that_holds_it():
    assert [bucket_for(count) for count in (1, 2, 3, 8, 9, 16, 40)] == [1, 2, 4, 8, 16, 16, BUCKETS[-1]]
