"""Adds up counted stock."""

from .count import CountError, read_counts

__all__ = ["CountError", "read_counts"]
