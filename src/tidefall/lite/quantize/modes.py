"""What a converter's options ask for, and the steps that do it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base import dtypes
from tidefall.lite.converter import metadata
from tidefall.lite.converter.ir import LiteProgram
from tidefall.lite.converter.report import Report
from tidefall.lite.converter.target import INT16_ACTIVATIONS, OpsSet, Optimize
from tidefall.lite.quantize.samples import Samples
from tidefall.lite.quantize.trained import RandomSamples
from tidefall.lite.quantize.weights import check_finite, to_dynamic_range, to_float16

if TYPE_CHECKING:
    from tidefall.lite.converter.converter import TFLiteConverter

_log = logging.getLogger("tidefall.lite")


@dataclass(frozen=True)
class Mode:
    """How a model is quantized.

    Attributes:
        kind: "float", "float16", "dynamic" or "integer".
        bits: of activations, 8 or 16, for integers.
        is_strict: whether nothing may stay float.
        input_dtype, output_dtype: of float inputs and outputs in the file.
        metadata: numbers that say so in the file.
    """

    kind: str = "float"
    bits: int = 8
    is_strict: bool = False
    input_dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))
    output_dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))
    metadata: list[int] = field(default_factory=list[int])

    @property
    def is_integer(self) -> bool:
        """Whether activations become integers."""
        return self.kind == "integer"

    @property
    def quantizes(self) -> bool:
        """Whether anything becomes less exact."""
        return self.kind != "float"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of activations."""
        return np.dtype(np.int8 if self.bits == 8 else np.int16)


_IO8 = frozenset({"float32", "int8", "uint8"})
_IO16 = frozenset({"float32", "int16"})


def choose_mode(converter: TFLiteConverter, is_trained: bool = False) -> Mode:
    """What the options of a converter ask for.

    Args:
        converter: whose options are looked at.
        is_trained: whether the model holds ranges from quantization-aware training, so that no
            samples are needed.

    Raises:
        ValueError: for options that contradict each other.
    """
    spec = converter.target_spec
    optimizations = set(converter.optimizations or ())
    unknown = [o for o in optimizations if not isinstance(o, Optimize)]
    if unknown:
        raise ValueError(f"optimizations takes tf.lite.Optimize, got {unknown}.")
    wanted = set(spec.supported_ops)
    types = {dtypes.as_dtype(t) for t in spec.supported_types}
    odd = types - {dtypes.float32, dtypes.float16, dtypes.int8}
    if odd:
        names = sorted(d.name for d in odd)
        raise ValueError(
            f"target_spec.supported_types takes float16, int8 and float32, got {names}."
        )
    sixteen = INT16_ACTIVATIONS in wanted
    strict = (OpsSet.TFLITE_BUILTINS_INT8 in wanted or sixteen) and not (
        wanted & {OpsSet.TFLITE_BUILTINS, OpsSet.SELECT_TF_OPS}
    )
    strict = strict or types == {dtypes.int8}
    quantize_it = bool(optimizations - {Optimize.EXPERIMENTAL_SPARSITY})
    has_data = converter.representative_dataset is not None or (is_trained and quantize_it)
    given = _io(converter.inference_input_type), _io(converter.inference_output_type)
    if dtypes.float16 in types and quantize_it:
        _need_float(given)
        return Mode("float16", metadata=[metadata.FLOAT16])
    if not quantize_it:
        if strict and not has_data:
            raise ValueError(
                "Integers alone are asked for (TFLITE_BUILTINS_INT8 or supported_types int8), "
                "which takes optimizations = [tf.lite.Optimize.DEFAULT] and a "
                "representative_dataset."
            )
        if not has_data:
            _need_float(given)
            return Mode()
        if not (strict or sixteen or OpsSet.TFLITE_BUILTINS_INT8 in wanted):
            _need_float(given)
            _log.warning(
                "A representative_dataset is given, but optimizations are empty: the model stays "
                "float. Set optimizations = [tf.lite.Optimize.DEFAULT] to quantize it."
            )
            return Mode()
    if not has_data:
        if strict or sixteen:
            raise ValueError("Quantizing to integers takes a representative_dataset.")
        _need_float(given)
        _log.warning(
            "Optimize.DEFAULT without a representative_dataset: large weights become int8, "
            "activations stay float (dynamic range). Set representative_dataset for integers "
            "throughout, or target_spec.supported_types = [tf.float16] for half precision."
        )
        return Mode("dynamic", metadata=[metadata.DYNAMIC_RANGE])
    allowed = _IO16 if sixteen else _IO8
    for name in given:
        if name not in allowed:
            raise ValueError(
                "inference_input_type and inference_output_type must be one of "
                f"{', '.join(sorted(allowed))} here, got {name}."
            )
    return Mode(
        "integer", 16 if sixteen else 8, strict, np.dtype(given[0]), np.dtype(given[1]),
        [
            metadata.QUANTIZATION_AWARE_TRAINING if is_trained
            else metadata.INT16 if sixteen else metadata.FULL_INTEGER
        ],
    )  # fmt: skip


def _io(dtype: Any) -> str:
    return "float32" if dtype is None else dtypes.as_dtype(dtype).name


def _need_float(given: tuple[str, str]) -> None:
    if given != ("float32", "float32"):
        raise ValueError(
            "inference_input_type and inference_output_type must be float32 unless activations are "
            f"quantized, which takes a representative_dataset. Got {given[0]} and {given[1]}."
        )


def quantize(
    program: LiteProgram,
    mode: Mode,
    samples: Samples | RandomSamples | None,
    converter: TFLiteConverter,
    report: Report,
) -> LiteProgram:
    """Quantize a float model as a mode says.

    Returns:
        The quantized model. For integers the float one stays as it is.
    """
    if not mode.quantizes:
        return program
    check_finite(program)
    if mode.kind == "float16":
        to_float16(program)
        return program
    if mode.kind == "dynamic":
        per_channel = not getattr(converter, "_experimental_disable_per_channel", False)
        to_dynamic_range(program, per_channel)
        return program
    from tidefall.lite.quantize.integer import quantize_to_integers

    assert samples is not None
    return quantize_to_integers(program, mode, samples, converter, report)
