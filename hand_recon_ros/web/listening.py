"""Ports to serve browsers on."""

from __future__ import annotations

import socket


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: the port is in use or may not be used, or the host is none of this computer's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise OSError(f"expected to serve on {host}:{port}: {why}; name another --port or --host") from error


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0, after making sure that it can be listened on; errors are those of listen."""
    with listen(host, port) as sock:
        return int(sock.getsockname()[1])


def address(host: str, port: int) -> str:
    """Where a browser finds what is served."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
