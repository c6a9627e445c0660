"""`tf.sysconfig.get_build_info`: what this build can do."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from tidefall.base.exports import export
from tidefall.native.library import status


@export("sysconfig.get_build_info")
def get_build_info() -> dict[str, Any]:
    """What this build can do.

    Returns:
        A dict. `is_cuda_build` and the like are False, as kernels for accelerators come from jax
        and not from this package. `native_kernels` tells of those for the CPU: whether they are
        `available`, and then the version of `onednn` and the `instructions` that it uses here,
        else the `reason`. `python -m tidefall.doctor` says what to do about it.

    >>> import tidefall as tf
    >>> build = tf.sysconfig.get_build_info()
    >>> build["is_cuda_build"]
    False
    >>> build["native_kernels"]["available"] or bool(build["native_kernels"]["reason"])
    True
    """
    found = status()
    native: dict[str, Any] = {"available": found.library is not None}
    if found.library is None:
        native["reason"] = found.reason
    else:
        native.update(onednn=found.onednn, instructions=found.processor)
    return OrderedDict(
        is_cuda_build=False, is_rocm_build=False, is_tensorrt_build=False, native_kernels=native
    )
