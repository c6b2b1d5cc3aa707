"""Ports that are served on."""

from __future__ import annotations

import pytest

from hand_recon_ros.web.listening import address, free_port, listen


def test_an_occupied_port_is_a_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"expected to serve on 127\.0\.0\.1:{port}: .*name another --port"):
            listen("127.0.0.1", port)
        with pytest.raises(OSError, match="name another --port"):
            free_port("127.0.0.1", port)
    with listen("127.0.0.1", port):
        pass


def test_a_foreign_address_is_a_sentence() -> None:
    with pytest.raises(OSError, match=r"expected to serve on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_zero_takes_a_free_port() -> None:
    assert free_port("127.0.0.1", 0) > 0


def test_addresses_are_as_browsers_take_them() -> None:
    assert address("127.0.0.1", 7860) == "http://127.0.0.1:7860/"
    assert address("::1", 80) == "http://[::1]:80/"
