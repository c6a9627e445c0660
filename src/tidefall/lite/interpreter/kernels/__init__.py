"""What operators compute, by family. A module registers its kernels when it is imported."""

from __future__ import annotations

import importlib

MODULES = (
    "activations", "arithmetic", "batch_matmul", "comparison", "control_flow",
    "convolution.depthwise", "convolution.spatial", "convolution.transposed", "detection",
    "elementwise", "fully_connected", "gather", "normalization", "pooling", "quantize",
    "recurrent.lstm", "recurrent.rnn", "recurrent.svdf", "reduction", "resize", "segment", "shape",
    "signal", "slicing", "softmax", "tables",
)  # fmt: skip


def load_kernels() -> None:
    """Register the kernels of all families."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
