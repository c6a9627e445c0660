"""`tf.load_op_library` and `tf.load_library`: plugins compiled for TensorFlow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

from tidefall.base.errors import NotFoundError, UnimplementedError
from tidefall.base.exports import export


@export("load_op_library")
def load_op_library(library_filename: Any) -> Any:
    """Refuse a plugin with ops: it is made for TensorFlow's own runtime, which is not here.

    C++ code runs through ctypes inside `tf.numpy_function`:

    >>> import ctypes
    >>> import numpy as np
    >>> import tidefall as tf
    >>> cosine = ctypes.CDLL(None).cos  # or ctypes.CDLL("./my_kernels.so").my_kernel
    >>> cosine.restype, cosine.argtypes = ctypes.c_double, [ctypes.c_double]
    >>> @tf.function
    ... def f(x):
    ...     return tf.numpy_function(lambda x: np.float64(cosine(x)), [x], tf.float64)
    >>> f(tf.constant(0.0, tf.float64)).numpy()
    np.float64(1.0)

    Args:
        library_filename: path of a shared library.

    Raises:
        NotFoundError: if there is no such file.
        UnimplementedError: if there is.

    >>> import tidefall as tf
    >>> try:
    ...     tf.load_op_library("absent.so")
    ... except tf.errors.NotFoundError as error:
    ...     print(error.message)
    absent.so: cannot open shared object file: No such file or directory
    """
    path = os.fspath(library_filename)
    if not os.path.exists(path):
        raise NotFoundError(
            None, None, f"{path}: cannot open shared object file: No such file or directory"
        )
    _refuse(path)


@export("load_library")
def load_library(library_location: Any) -> None:
    """Refuse a plugin with kernels; a folder without any is accepted.

    Args:
        library_location: path of a shared library, or of a folder of `libtfkernel*`.

    Raises:
        FileNotFoundError: if there is no such file or folder.
        UnimplementedError: if there is a plugin.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tempfile.TemporaryDirectory() as folder_without_plugins:
    ...     tf.load_library(folder_without_plugins)
    """
    path = Path(library_location)
    if not path.exists():
        raise FileNotFoundError(
            2, "The file or folder to load kernel libraries from does not exist.", str(path)
        )
    plugins = sorted(path.glob("libtfkernel*")) if path.is_dir() else [path]
    if plugins:
        _refuse(str(plugins[0]))


def _refuse(path: str) -> NoReturn:
    raise UnimplementedError(
        None,
        None,
        f"{path} is a plugin compiled for TensorFlow's C++ runtime. Tidefall has no such runtime "
        "and cannot load it. Give its code plain C functions and call them with ctypes inside "
        "tf.numpy_function, which runs in functions too, with tf.custom_gradient around it for a "
        "gradient; or write the op with TensorFlow ops, which XLA compiles. Kernels inside "
        "compiled programs are XLA custom calls, as Tidefall's own are: see docs/native.md.",
    )
