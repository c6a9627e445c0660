"""Ops on byte strings. Values are object arrays of `bytes`."""
