"""Holds the class whose method Keras replaces; the exporter has nodes of its own."""

from __future__ import annotations


class Node:
    """A node of tf2onnx's graphs; none is made here."""
