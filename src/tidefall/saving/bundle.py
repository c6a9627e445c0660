"""Tensor bundles: the files of a TensorFlow ("V2") checkpoint."""

from __future__ import annotations

from tidefall.saving.bundle_reader import BundleEntry, BundleReader
from tidefall.saving.bundle_writer import BundleWriter, merge_bundles

__all__ = ["BundleEntry", "BundleReader", "BundleWriter", "merge_bundles"]
