"""What `tf.config` says, told to jax before it starts its devices."""

from __future__ import annotations

import os
import sys
from typing import Any

from tidefall.tensor.context import context

_precision = {"tensor_float_32": True}


def configure_jax(config: Any) -> None:
    """Apply the settings of this process to jax, which has been imported but has not started.

    Args:
        config: `jax.config`.
    """
    count = context.count("CPU")
    if count > 1:
        config.update("jax_num_cpu_devices", count)
    if context.intra_op_threads:
        os.environ.setdefault("NPROC", str(context.intra_op_threads))  # size of XLA's thread pool
    gpus = [d for d in context.physical_devices() if d.device_type == "GPU"]
    shown = [d for d in context.visible_devices() if d.device_type == "GPU"]
    if shown and shown != gpus:
        numbers = ",".join(d.name.rpartition(":")[2] for d in shown)
        config.update("jax_cuda_visible_devices", numbers)
    elif gpus and not shown:
        config.update("jax_platforms", "cpu")
    if context.grows():
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    _apply_precision(config)


def tensor_float_32() -> bool:
    """Whether products of float32 matrices may use the shorter TensorFloat-32 on a GPU."""
    return _precision["tensor_float_32"]


def set_tensor_float_32(enabled: bool) -> None:
    """Choose it, for programs compiled from now on."""
    _precision["tensor_float_32"] = enabled
    if "jax" in sys.modules:
        _apply_precision(sys.modules["jax"].config)


def _apply_precision(config: Any) -> None:
    if not _precision["tensor_float_32"]:
        config.update("jax_default_matmul_precision", "highest")
    elif config.jax_default_matmul_precision == "highest":
        config.update("jax_default_matmul_precision", None)
