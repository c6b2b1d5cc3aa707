"""Rendered hands whose truth is known."""
