"""`tf.version` and `tf.sysconfig`: the TensorFlow whose interface this is, and where things are.

>>> import tidefall as tf
>>> tf.version.VERSION, tf.version.GIT_VERSION
('2.21.0', 'v2.21.0')
>>> isinstance(tf.version.COMPILER_VERSION, str)
True
"""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path

from tidefall.base.exports import export, export_value

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


def _package() -> str:
    return str(Path(__file__).parents[1])


@export("sysconfig.get_lib")
def get_lib() -> str:
    """The folder of this package, where TensorFlow keeps its framework library.

    >>> import os
    >>> import tidefall as tf
    >>> os.path.isdir(tf.sysconfig.get_lib())
    True
    """
    return _package()


@export("sysconfig.get_include")
def get_include() -> str:
    """Return the folder of C++ headers: those of XLA's custom calls, `xla/ffi/api/ffi.h`.

    They come with jaxlib; without it this is the folder of the package. TensorFlow's own headers,
    `tensorflow/core/...`, are not there, since their runtime is not: see `tf.load_op_library`.

    >>> import os
    >>> import tidefall as tf
    >>> os.path.isdir(tf.sysconfig.get_include())
    True
    """
    jaxlib = find_spec("jaxlib")  # without importing it
    for folder in (jaxlib and jaxlib.submodule_search_locations) or ():
        headers = Path(folder) / "include"
        if headers.is_dir():
            return str(headers)
    return _package()


@export("sysconfig.get_compile_flags")
def get_compile_flags() -> list[str]:
    """Return flags for a C++ compiler, with the folders of `get_include` and of `tidefall/op.h`.

    >>> import tidefall as tf
    >>> "--std=c++17" in tf.sysconfig.get_compile_flags()
    True
    """
    return [
        f"-I{_package()}/include",
        f"-I{get_include()}",
        "-D_GLIBCXX_USE_CXX11_ABI=1",
        "--std=c++17",
        "-DEIGEN_MAX_ALIGN_BYTES=64",
    ]


@export("sysconfig.get_link_flags")
def get_link_flags() -> list[str]:
    """Flags for a linker: the folder of this package, which holds no library to link to.

    >>> import tidefall as tf
    >>> tf.sysconfig.get_link_flags() == ["-L" + tf.sysconfig.get_lib()]
    True
    """
    return [f"-L{get_lib()}"]
