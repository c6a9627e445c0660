"""Arrays from `.npy`, `.npz` and pickle files, without running code of the file."""

from __future__ import annotations

import io
import logging
import pickle
import zipfile
from typing import Any

import numpy as np

from tidefall.io.file_systems.file_object import GFile

_DAMAGE = (EOFError, OSError, ValueError, zipfile.BadZipFile)
_log = logging.getLogger("tidefall.saved_model_cli")


class _PickledType:
    """The dtype of a pickled array, as the pickle describes it."""

    def __init__(self, name: Any, *flags: Any):
        self.dtype = np.dtype(name) if isinstance(name, str) else None

    def __setstate__(self, state: Any) -> None:
        if self.dtype is None or state[2:5] != (None, None, None):
            raise pickle.UnpicklingError("it holds an array of records")
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _PickledArray:
    """The content of a pickled array, which becomes an array when all of it has been read."""

    def __init__(self, dtype: Any = None, shape: Any = (), data: Any = b"", order: Any = "C"):
        self._parts = dtype, shape, data, order

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self._parts = dtype, shape, data, "F" if fortran else "C"

    def array(self) -> np.ndarray:
        pickled, shape, data, order = self._parts
        dtype = pickled.dtype
        if dtype.hasobject:
            flat = np.empty(len(data), object)
            flat[:] = data
        else:
            flat = np.frombuffer(data, dtype)
        return flat.reshape(shape, order=order)


class _ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of arrays, numbers, texts and containers of these, and of nothing else.

    NumPy's own classes are stood in for: they trust what a pickle says of their memory.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):  # bytes, as old pickles hold them
            return _bytes
        stand_in = _STAND_INS.get(name) if module.partition(".")[0] == "numpy" else None
        if stand_in is None:
            raise pickle.UnpicklingError(
                f"it asks for {module}.{name}; only arrays, numbers, texts, lists and dicts are "
                "read"
            )
        return stand_in


def _bytes(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {encoding}")
    return text.encode("latin1")


_STAND_INS: dict[str, Any] = {
    "dtype": _PickledType,
    "ndarray": _PickledArray,
    "_reconstruct": lambda *parts: _PickledArray(),
    "_frombuffer": lambda data, dtype, shape, order: _PickledArray(dtype, shape, data, order),
    "scalar": lambda dtype, data=b"": _PickledArray(dtype, (), data),
}


def _with_arrays(value: Any) -> Any:
    if isinstance(value, _PickledArray):
        return value.array()
    if isinstance(value, dict):
        return {key: _with_arrays(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_with_arrays(item) for item in value])
    return value


def load_array(filename: str, variable_name: str | None) -> Any:
    """The array that `--inputs` names.

    Args:
        filename: path of a `.npy`, `.npz` or pickle file.
        variable_name: the array to take from an archive or a dict; None for the only one.

    Raises:
        RuntimeError: if there is no such array, several to choose from, or the file needs code to
            be run.
    """
    content = GFile(filename, "rb").read()
    data = _load(filename, content)
    if variable_name is not None and isinstance(data, np.ndarray):
        _log.warning(
            'Input file %s contains a single ndarray. Name key "%s" ignored.',
            filename,
            variable_name,
        )
        return data
    if variable_name is not None:
        if not hasattr(data, "keys") or variable_name not in data:
            raise RuntimeError(
                f'Input file {filename} does not contain variable with name "{variable_name}".'
            )
        return _member(filename, data, variable_name)
    if isinstance(data, np.lib.npyio.NpzFile):
        if len(data.files) != 1:
            raise RuntimeError(
                f"Input file {filename} contains more than one ndarrays. Please specify the name "
                "of ndarray to use."
            )
        return _member(filename, data, data.files[0])
    return data


def _load(filename: str, content: bytes) -> Any:
    if content.startswith((b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06")):
        try:
            return np.load(io.BytesIO(content), allow_pickle=False)
        except _DAMAGE as error:
            raise _unreadable(filename, error) from None
    try:
        return _with_arrays(_ArrayUnpickler(io.BytesIO(content)).load())
    except Exception as error:  # noqa: BLE001 - whatever a damaged pickle leads to
        raise _unreadable(filename, error) from None


def _member(filename: str, data: Any, name: str) -> Any:
    try:
        return data[name]
    except _DAMAGE as error:
        raise _unreadable(filename, error) from None


def _unreadable(filename: str, error: Exception) -> RuntimeError:
    if "allow_pickle" in str(error):
        return RuntimeError(
            f"Input file {filename} holds Python objects in pickled form, which are not loaded: "
            "doing so could run code of the file. Save texts with a dtype of fixed length "
            "(`array.astype('S')`), and other objects as arrays of numbers."
        )
    return RuntimeError(f"Input file {filename} cannot be read as .npy, .npz or pickle: {error}")
