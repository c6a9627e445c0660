"""Running a file that was just written beside its source.

The real runtime takes several wrong files in silence, so the converter looks for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.sources import Source

_log = logging.getLogger("tidefall.lite")
TOLERANCE = 1e-3
"""Largest difference of float models, relative to the largest number of an output.

Random inputs may hit where a function is steep; a wrong model is off by far more.
"""
_SIZES = (2, 8, 32, 1)
"""What to try for free sizes, in this order."""


def sample(source: Source, size: int, seed: int = 0) -> list[np.ndarray]:
    """Random arrays for the inputs of a source.

    Args:
        source: a source.
        size: for dimensions that are free.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    for tensor in source.arguments:
        shape = [size if d is None else d for d in tensor.shape.as_list()]
        if tensor.dtype.name == "string":
            found.append(np.full(shape, b"text", object))
            continue
        dtype = np.dtype(tensor.dtype.as_numpy_dtype)
        if dtype.kind in "iu":
            # Small, as places and ids of words are, and not the same one twice in a row.
            found.append((np.arange(int(np.prod(shape))).reshape(shape) % 2).astype(dtype))
        elif dtype.kind == "b":
            found.append(rng.random(shape) < 0.5)
        else:
            found.append(rng.standard_normal(shape).astype(dtype))
    return found


def verify(
    content: bytes,
    sources: Sequence[Source],
    exact: bool,
    given: dict[str, list[np.ndarray]] | None = None,
) -> dict[str, float]:
    """Run a file and its sources on samples.

    Args:
        content: the file.
        sources: what it was made of, in the order of its signatures.
        exact: whether outputs must agree; quantized models only need the same shapes and dtypes.
        given: samples by signature, in place of random ones.

    Returns:
        By signature the largest difference of an output, relative to its largest number. A
        signature that runs on no sample is left out.

    Raises:
        tf.errors.InternalError: if the file gives something else than its source.
    """
    from tidefall.lite.interpreter.interpreter import Interpreter

    found: dict[str, float] = {}
    interpreter = Interpreter(model_content=content)
    for source in sources:
        pair = _expected(source, None if given is None else given.get(source.key))
        if pair is None:
            _log.warning(
                "The signature %s could not be verified: the source runs on none of the samples "
                "that were tried. Set `representative_dataset` to one that it runs on.", source.key,
            )  # fmt: skip
            continue
        arrays, expected = pair
        runner = interpreter.get_signature_runner(source.key)
        results = runner(**_as_taken(interpreter, source, arrays))
        worst = 0.0
        for name, value in zip(source.outputs, expected, strict=True):
            worst = max(worst, _difference(source.key, name, results[name], value, exact))
        found[source.key] = worst
    return found


def _as_taken(interpreter: Any, source: Source, arrays: Sequence[np.ndarray]) -> dict[str, Any]:
    """Samples by name, quantized where the model takes integers for floats."""
    details = interpreter.get_signature_runner(source.key).get_input_details()
    found: dict[str, Any] = {}
    for name, array in zip(source.inputs, arrays, strict=True):
        detail = details[name]
        scale, zero = detail["quantization"]
        if array.dtype.kind == "f" and detail["dtype"] in (np.int8, np.uint8, np.int16):
            info = np.iinfo(detail["dtype"])
            array = np.clip(np.rint(array / scale) + zero, info.min, info.max).astype(
                detail["dtype"]
            )
        found[name] = array
    return found


def _expected(source: Source, given: list[np.ndarray] | None) -> Any:
    tries = [given] if given is not None else (sample(source, size) for size in _SIZES)
    for arrays in tries:
        try:
            return arrays, source.call(arrays)
        except Exception as error:  # noqa: BLE001 - other sizes may do
            _log.debug("%s does not run on a sample: %s", source.key, error)
    return None


def _difference(key: str, name: str, got: Any, want: np.ndarray, exact: bool) -> float:
    got = np.asarray(got)
    if got.shape != want.shape:
        _wrong(key, name, f"shape {list(got.shape)} for {list(want.shape)}")
    if not exact or want.dtype.kind not in "fc":
        if exact and want.dtype.kind in "iub" and not np.array_equal(got, want):
            share = float(np.mean(got != want))
            # Which of two nearly equal numbers is largest may come out differently.
            if share > 0.25:
                _wrong(key, name, f"{share:.0%} of the integers differ")
        return 0.0
    a, b = got.astype(np.float64), want.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(a - b))
    finite = np.abs(b[np.isfinite(b)])
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    worst = float(apart.max() / scale) if apart.size else 0.0
    limit = TOLERANCE if want.dtype.itemsize > 2 else 0.05
    if not worst <= limit:
        _wrong(key, name, f"values off by {worst:.3g} of the largest")
    return worst


def _wrong(key: str, name: str, what: str) -> None:
    raise errors.InternalError(
        None, None,
        f"The converted model does not do what its source does: signature {key}, output {name}: "
        f"{what}. This is an error of the converter; please report it with the model. "
        "`converter.verify = False` returns the file anyway.",
    )  # fmt: skip
