"""`tf.version` and `tf.sysconfig`: the TensorFlow whose interface this is, and how it was built."""

from __future__ import annotations

import platform
from collections import OrderedDict
from typing import Any

from tidefall.core.exports import export, export_value

VERSION = "2.21.0"
GRAPH_DEF_VERSION = 2474

export_value(VERSION, "version.VERSION")
export_value("v2.21.0", "version.GIT_VERSION")
export_value(platform.python_compiler(), "version.COMPILER_VERSION")
export_value(GRAPH_DEF_VERSION, "version.GRAPH_DEF_VERSION")
export_value(0, "version.GRAPH_DEF_VERSION_MIN_CONSUMER")
export_value(0, "version.GRAPH_DEF_VERSION_MIN_PRODUCER")
export_value(1, "sysconfig.CXX11_ABI_FLAG")
export_value(201703, "sysconfig.CXX_VERSION")
export_value(0, "sysconfig.MONOLITHIC_BUILD")


@export("sysconfig.get_build_info")
def get_build_info() -> dict[str, Any]:
    """What this build can do.

    Returns:
        A dict; `is_cuda_build` and the others are False, as kernels for accelerators come from
        jax and not from this package.

    >>> import tidefall as tf
    >>> tf.sysconfig.get_build_info()["is_cuda_build"]
    False
    """
    return OrderedDict(is_cuda_build=False, is_rocm_build=False, is_tensorrt_build=False)
