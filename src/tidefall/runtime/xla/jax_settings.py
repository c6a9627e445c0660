"""What `tf.config` says, told to jax before it starts its devices."""

from __future__ import annotations

import os
import sys
from typing import Any

from tidefall.base.config import config
from tidefall.tensor.context import context

_XLA_NAMES = {"sse4": "AVX"}
"""Where XLA's names are not those of `config.max_isa`. With less than AVX it compiles nothing that
has float16: LLVM then calls functions for conversions that XLA does not link ("Failed to
materialize symbols")."""


def configure_jax(jax_config: Any) -> None:
    """Apply the settings of this process to jax, which has been imported but has not started.

    Args:
        jax_config: `jax.config`.
    """
    count = context.count("CPU")
    if count > 1 or jax_config.jax_num_cpu_devices > 1:
        jax_config.update("jax_num_cpu_devices", count)
    if context.intra_op_threads:
        os.environ.setdefault("NPROC", str(context.intra_op_threads))  # size of XLA's thread pool
    if config.max_isa != "all":
        flag = f"--xla_cpu_max_isa={_XLA_NAMES.get(config.max_isa, config.max_isa.upper())}"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()
    gpus = [d for d in context.physical_devices() if d.device_type == "GPU"]
    shown = [d for d in context.visible_devices() if d.device_type == "GPU"]
    if shown and shown != gpus:
        numbers = ",".join(d.name.rpartition(":")[2] for d in shown)
        jax_config.update("jax_cuda_visible_devices", numbers)
    elif gpus and not shown:
        jax_config.update("jax_platforms", "cpu")
    if context.grows():
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    _apply_precision(jax_config)


def _apply_precision(jax_config: Any) -> None:
    if not config.tensor_float_32:
        jax_config.update("jax_default_matmul_precision", "highest")
    elif jax_config.jax_default_matmul_precision == "highest":
        jax_config.update("jax_default_matmul_precision", None)


def _precision_changed(_: bool) -> None:
    """It holds for programs compiled from now on."""
    if "jax" in sys.modules:
        _apply_precision(sys.modules["jax"].config)


config.observe("tensor_float_32", _precision_changed)
