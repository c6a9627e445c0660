"""Weights of TensorFlow.js models: the manifest, and the shards its bytes lie in.

Source: tfjs-core/src/io/types.ts and io_utils.ts: the bytes of a group follow each other,
little-endian, cut into shards; texts are a uint32 length and bytes each.
"""

from __future__ import annotations

import fnmatch
import json
import os
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import DataLossError, InvalidArgumentError, NotFoundError

SHARD_BYTES = 4 << 20
DTYPES = {
    "float32": np.float32, "int32": np.int32, "bool": np.bool_, "complex64": np.complex64,
    "uint8": np.uint8, "uint16": np.uint16, "float16": np.float16,
}  # fmt: skip
_KEPT_AS = {"float64": "float32", "float16": "float32", "bfloat16": "float32", "int64": "int32",
            "int16": "int32", "int8": "int32", "uint16": "int32", "uint32": "int32",
            "uint8": "int32", "complex128": "complex64", "object": "string"}  # fmt: skip
"""TensorFlow.js computes in float32, int32, bool, complex64 and string."""

Quantization = Mapping[str, str | Sequence[str]]
"""From "uint8", "uint16" or "float16" to patterns of names of weights."""


def pack(
    weights: Mapping[str, np.ndarray], quantize: Quantization | None = None
) -> tuple[list[dict[str, Any]], bytes]:
    """Return the entries of a manifest, and the bytes of all weights.

    Args:
        weights: arrays by name.
        quantize: which float weights become smaller, and to what.

    Raises:
        InvalidArgumentError: integers that do not fit 32 bits, a dtype that there is not, or
            numbers that are not finite where they become integers.
    """
    entries, parts = [], []
    for name, array in weights.items():
        entry, content = _packed(name, np.asarray(array), quantize or {})
        entries.append(entry)
        parts.append(content)
    return entries, b"".join(parts)


def _packed(name: str, array: np.ndarray, quantize: Quantization) -> tuple[dict[str, Any], bytes]:
    kind = array.dtype.name if array.dtype.kind not in "OSU" else "object"
    dtype = _KEPT_AS.get(kind, kind)
    entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": dtype}
    if dtype == "string":
        texts = [t if isinstance(t, bytes) else str(t).encode() for t in array.ravel().tolist()]
        return entry, b"".join(struct.pack("<I", len(text)) + text for text in texts)
    if dtype not in DTYPES:
        raise InvalidArgumentError(None, None, f"{name}: TensorFlow.js has no {kind}")
    if dtype == "int32" and kind != "int32":
        limits = np.iinfo(np.int32)
        if array.size and (array.min() < limits.min or array.max() > limits.max):
            raise InvalidArgumentError(
                None,
                None,
                f"{name}: {kind} between {array.min()} and {array.max()} does not fit int32, the "
                "only integers that TensorFlow.js has",
            )
    plain = np.ascontiguousarray(array.astype(DTYPES[dtype]))
    wanted = next((d for d, patterns in quantize.items() if _matches(name, patterns)), None)
    if dtype == "float32" and wanted is not None:
        entry["quantization"], plain = _quantized(name, plain, wanted)
    return entry, plain.tobytes()


def _matches(name: str, patterns: str | Sequence[str]) -> bool:
    given = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in given)


def _quantized(name: str, array: np.ndarray, wanted: str) -> tuple[dict[str, Any], np.ndarray]:
    if wanted == "float16":
        return {"dtype": "float16", "original_dtype": "float32"}, array.astype(np.float16)
    if wanted not in ("uint8", "uint16"):
        raise InvalidArgumentError(
            None, None, f"weights become float16, uint8 or uint16, not {wanted}"
        )
    if not np.isfinite(array).all():
        raise InvalidArgumentError(
            None, None, f"{name} has numbers that are not finite: no {wanted}"
        )
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    levels = np.iinfo(wanted).max
    if low == high:
        scale = 1.0
    else:
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / levels
        low = -round(-low / scale) * scale  # so that zero is exact
    codes = np.clip(np.round((array.astype(np.float64) - low) / scale), 0, levels)
    how = {"min": low, "scale": scale, "dtype": wanted, "original_dtype": "float32"}
    return how, codes.astype(wanted)


def unpack(
    entries: Sequence[Mapping[str, Any]], content: bytes, place: str
) -> dict[str, np.ndarray]:
    """Return arrays by name.

    Args:
        entries: of a manifest.
        content: the bytes of its shards.
        place: for messages.

    Raises:
        DataLossError: the bytes are too few or too many, or an entry is damaged.
    """
    found, at = {}, 0
    for entry in entries:
        name = str(entry.get("name"))
        try:
            array, at = _unpacked(entry, content, at)
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise DataLossError(
                None, None, f"{place}, weight {name!r} at byte {at} of {len(content)}: {error}"
            ) from error
        found[name] = array
    if at != len(content):
        raise DataLossError(None, None, f"{place}: {len(content) - at} bytes follow the weights")
    return found


def _unpacked(entry: Mapping[str, Any], content: bytes, at: int) -> tuple[np.ndarray, int]:
    shape = [int(size) for size in entry["shape"]]
    count = int(np.prod(shape, dtype=np.int64))
    if entry["dtype"] == "string":
        texts = []
        for _ in range(count):
            (length,) = struct.unpack_from("<I", content, at)
            if at + 4 + length > len(content):
                raise ValueError("a text goes beyond the end")
            texts.append(content[at + 4 : at + 4 + length])
            at += 4 + length
        return np.array(texts, object).reshape(shape), at
    how = entry.get("quantization") or {}
    stored = np.dtype(DTYPES[how.get("dtype", entry["dtype"])])
    end = at + count * stored.itemsize
    if min(shape, default=0) < 0 or end > len(content):
        raise ValueError(f"{count} elements of {stored} go beyond the end")
    array = np.frombuffer(content, stored, count, at).reshape(shape)
    wanted = np.dtype(DTYPES[entry["dtype"]])
    if "scale" in how:
        array = array * np.float32(how["scale"]) + np.float32(how["min"])
    return array.astype(wanted), end


def write_model(
    folder: str, model: dict[str, Any], weights: Mapping[str, np.ndarray],
    quantize: Quantization | None = None, shard_bytes: int = SHARD_BYTES,
) -> None:  # fmt: skip
    """Write `model.json` and its shards into a folder that is there.

    Args:
        folder: for the files.
        model: what `model.json` says beside the manifest.
        weights: arrays by name.
        quantize: as `pack` takes it.
        shard_bytes: the most that a shard holds.
    """
    entries, content = pack(weights, quantize)
    count = max(1, -(-len(content) // shard_bytes))
    paths = [f"group1-shard{i + 1}of{count}.bin" for i in range(count)]
    for i, path in enumerate(paths):
        with open(os.path.join(folder, path), "wb") as file:
            file.write(content[i * shard_bytes : (i + 1) * shard_bytes])
    manifest = [{"paths": paths, "weights": entries}] if entries else []
    with open(os.path.join(folder, "model.json"), "w", encoding="utf-8") as file:
        json.dump({**model, "weightsManifest": manifest}, file)


def read_model(path: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what `model.json` says, and its weights.

    Args:
        path: the file, or its folder.

    Raises:
        DataLossError: a file is damaged or missing, or a shard lies outside of the folder.
        NotFoundError: there is no `model.json`.
    """
    file_name = os.path.join(path, "model.json") if os.path.isdir(path) else path
    try:
        with open(file_name, encoding="utf-8") as file:
            model = json.load(file)
        groups = model.get("weightsManifest") or []
        arrays: dict[str, np.ndarray] = {}
        for group in groups:
            content = b"".join(_shard(file_name, name) for name in group["paths"])
            arrays.update(unpack(group["weights"], content, file_name))
    except FileNotFoundError as error:
        raise NotFoundError(None, None, f"there is no {error.filename}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataLossError(None, None, f"{file_name} is damaged: {error}") from error
    return model, arrays


def _shard(file_name: str, name: str) -> bytes:
    folder = os.path.abspath(os.path.dirname(file_name))
    path = os.path.abspath(os.path.join(folder, name))
    if os.path.commonpath([folder, path]) != folder:
        raise ValueError(f"the shard {name!r} lies outside of the folder")
    with open(path, "rb") as file:
        return file.read()
