"""Hands in space, live in a browser; needs the extra `web`. Only `scene` imports viser."""
