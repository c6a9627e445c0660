"""Checkpoint files: tensor bundles ("V2"), and the format before them ("V1")."""

from __future__ import annotations

from tidefall.io.bundles.bundle_index import merge_bundles
from tidefall.io.bundles.bundle_reader import BundleEntry, BundleReader
from tidefall.io.bundles.bundle_writer import BundleWriter
from tidefall.saving.checkpoint.slice_checkpoint import SliceCheckpointReader, open_checkpoint
from tidefall.saving.checkpoint.slice_writer import SliceCheckpointWriter

__all__ = [
    "BundleEntry",
    "BundleReader",
    "BundleWriter",
    "SliceCheckpointReader",
    "SliceCheckpointWriter",
    "merge_bundles",
    "open_checkpoint",
]
