"""`tf.load_op_library` and `tf.load_library`: code in shared libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.library.custom_ops.shared_library import load


@export("load_op_library")
def load_op_library(library_filename: Any) -> Any:
    """Load a library of custom ops, written against the header `tidefall/op.h`.

    `tidefall new-op` writes the files of one. Its functions run eagerly, in functions and, on the
    CPU, inside compiled programs; shapes that are not those of an input and gradients are given in
    Python, by `tidefall.custom_ops.shape` and `tf.RegisterGradient`. SavedModels name the library.

    Plugins that were compiled for TensorFlow's own runtime are refused: it is not here. C code
    without a header runs through ctypes inside `tf.numpy_function`:

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
        library_filename: path of a shared library. It is code: it runs with all rights of this
            process.

    Returns:
        A module with a function for each op; the same one when a library is loaded again.

    Raises:
        NotFoundError: if there is no such file, or it cannot be loaded here.
        UnimplementedError: if it is no library of custom ops, or one for another version.
        InvalidArgumentError: if it declares an op that cannot be read.
        AlreadyExistsError: if it has an op that there is already.

    >>> import tidefall as tf
    >>> try:
    ...     tf.load_op_library("absent.so")
    ... except tf.errors.NotFoundError as error:
    ...     print(error.message)
    absent.so: cannot open shared object file: No such file or directory
    """
    return load(library_filename)


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
