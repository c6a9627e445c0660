"""`tf.lite.experimental.QuantizationDebugger`: which layer a quantized model goes wrong in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tidefall.base import errors
from tidefall.base.exports import export
from tidefall.lite.converter.ir import Value
from tidefall.lite.quantize.compare import LayerError, compare, dequantized
from tidefall.lite.quantize.samples import Samples

if TYPE_CHECKING:
    from tidefall.lite.converter.converter import TFLiteConverter

Metrics = Mapping[str, Callable[..., float]]
_DEFAULT: Metrics = {
    "num_elements": lambda diffs: diffs.size,
    "stddev": np.std,
    "mean_error": np.average,
    "max_abs_error": lambda diffs: np.max(np.abs(diffs)),
    "mean_squared_error": lambda diffs: np.average(np.square(diffs)),
}


@export("lite.experimental.QuantizationDebugOptions")
class QuantizationDebugOptions:
    """What a `QuantizationDebugger` measures, and which layers stay float.

    Args:
        layer_debug_metrics: by name functions of a layer's differences, an array.
        model_debug_metrics: by name functions of the outputs of the float model and of the
            quantized one, two lists of arrays.
        layer_direct_compare_metrics: by name functions of a layer's float numbers, its integers,
            their scale and their zero point.
        denylisted_ops: codes of operators that stay float, such as "SOFTMAX".
        denylisted_nodes: names of tensors or layers that do.
        fully_quantize: whether inputs and outputs are integers.

    Raises:
        ValueError: if two metrics have one name.

    >>> import tidefall as tf
    >>> tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=["SOFTMAX"]).denylisted_ops
    ['SOFTMAX']
    """

    def __init__(
        self,
        layer_debug_metrics: Metrics | None = None,
        model_debug_metrics: Metrics | None = None,
        layer_direct_compare_metrics: Metrics | None = None,
        denylisted_ops: Sequence[str] | None = None,
        denylisted_nodes: Sequence[str] | None = None,
        fully_quantize: bool = False,
    ):
        self.layer_debug_metrics = layer_debug_metrics
        self.model_debug_metrics = model_debug_metrics
        self.layer_direct_compare_metrics = layer_direct_compare_metrics
        self.denylisted_ops = denylisted_ops
        self.denylisted_nodes = denylisted_nodes
        self.fully_quantize = fully_quantize
        names = [
            *_DEFAULT, *(layer_debug_metrics or ()), *(layer_direct_compare_metrics or ()),
        ]  # fmt: skip
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"Metrics need names of their own; given twice: {', '.join(twice)}.")


@export("lite.experimental.QuantizationDebugger")
class QuantizationDebugger:
    """Compare a quantized model with the float one, layer by layer.

    Args:
        quant_debug_model_path, quant_debug_model_content: refused: models with operators that
            verify themselves are TensorFlow's; give a converter.
        float_model_path, float_model_content: not needed with a converter.
        debug_dataset: function that returns samples, as a representative dataset; the converter's
            own if None.
        debug_options: a `QuantizationDebugOptions`.
        converter: a `tf.lite.TFLiteConverter` that quantizes to integers.

    Attributes:
        layer_statistics: after `run` by name of each tensor the mean of each metric.
        model_statistics: after `run` the mean of each metric of the model.
        layers: after `run` a `LayerError` of each tensor.

    Raises:
        ValueError: without a converter.

    >>> import numpy as np, tidefall as tf
    >>> layers = tf.keras.layers
    >>> model = tf.keras.Sequential([layers.Input([4]), layers.Dense(3, activation="relu")])
    >>> converter = tf.lite.TFLiteConverter.from_keras_model(model)
    >>> converter.optimizations = [tf.lite.Optimize.DEFAULT]
    >>> rng = np.random.default_rng(0)
    >>> data = [[rng.standard_normal([1, 4]).astype("float32")] for _ in range(8)]
    >>> converter.representative_dataset = lambda: data
    >>> debugger = tf.lite.experimental.QuantizationDebugger(converter=converter)
    >>> debugger.run()
    >>> all(s["max_abs_error"] < 0.1 for s in debugger.layer_statistics.values())
    True
    """

    def __init__(
        self,
        quant_debug_model_path: str | None = None,
        quant_debug_model_content: bytes | None = None,
        float_model_path: str | None = None,
        float_model_content: bytes | None = None,
        debug_dataset: Callable[[], Iterable[Any]] | None = None,
        debug_options: QuantizationDebugOptions | None = None,
        converter: TFLiteConverter | None = None,
    ):
        if quant_debug_model_path is not None or quant_debug_model_content is not None:
            raise errors.UnimplementedError(
                None, None,
                "Debug models, which hold NUMERIC_VERIFY operators, are not there: layers are "
                "compared from outside. Pass the converter.",
            )  # fmt: skip
        if converter is None:
            raise ValueError("QuantizationDebugger takes a converter.")
        self.converter = converter
        self._options = QuantizationDebugOptions()
        self.layer_statistics: dict[str, dict[str, float]] = {}
        self.model_statistics: dict[str, float] = {}
        self.layers: list[LayerError] = []
        self._dataset = debug_dataset or converter.representative_dataset
        self._pair: Any = None
        self.options = debug_options or QuantizationDebugOptions()

    @property
    def options(self) -> QuantizationDebugOptions:
        """What is measured; a change quantizes anew."""
        return self._options

    @options.setter
    def options(self, options: QuantizationDebugOptions) -> None:
        self._options = options
        self.converter.denylisted_ops = list(options.denylisted_ops or ())
        self.converter.denylisted_nodes = list(options.denylisted_nodes or ())
        if options.fully_quantize:
            from tidefall.base import dtypes

            self.converter.inference_input_type = dtypes.int8
            self.converter.inference_output_type = dtypes.int8
        self._pair = None

    def _programs(self) -> Any:
        if self._pair is None:
            self._pair = self.converter.quantized_pair()
        return self._pair

    def get_nondebug_quantized_model(self) -> bytes:
        """The quantized model, with the layers denied left float."""
        return self.converter.write(self._programs()[1])

    def get_debug_quantized_model(self) -> bytes:
        """Not there: the model needs no operators that verify.

        Raises:
            tf.errors.UnimplementedError: always.
        """
        raise errors.UnimplementedError(
            None, None,
            "There is no debug model: layers are compared from outside. "
            "get_nondebug_quantized_model() is the model that was compared.",
        )  # fmt: skip

    def run(self) -> None:
        """Run both models on the dataset, and fill in the statistics."""
        before, after = self._programs()
        samples = Samples(
            getattr(self._dataset, "input_gen", self._dataset), self.converter.sources()
        )
        options = self.options
        of_difference = {**_DEFAULT, **(options.layer_debug_metrics or {})}
        direct = options.layer_direct_compare_metrics or {}
        seen: dict[str, dict[str, list[float]]] = {}
        whole: dict[str, list[float]] = {n: [] for n in options.model_debug_metrics or {}}

        def look(name: str, value: Value, wanted: np.ndarray, integers: np.ndarray) -> None:
            q = value.quantization
            assert q is not None
            difference = dequantized(value, integers) - wanted
            entry = seen.setdefault(name, {})
            for metric_name, metric in of_difference.items():
                entry.setdefault(metric_name, []).append(float(metric(difference)))
            for metric_name, metric in direct.items():
                found = metric(wanted, integers, float(q.scale[0]), int(q.zero_point[0]))
                entry.setdefault(metric_name, []).append(float(found))

        def outputs(wanted: list[Any], got: list[Any]) -> None:
            for name, metric in (options.model_debug_metrics or {}).items():
                whole[name].append(float(metric(wanted, got)))

        self.layers = compare(before, after, samples, look, outputs)
        self.layer_statistics = {
            name: {metric: float(np.nanmean(values)) for metric, values in entry.items()}
            for name, entry in seen.items()
        }
        self.model_statistics = {n: float(np.mean(v)) for n, v in whole.items() if v}

    def layer_statistics_dump(self, file: IO[str]) -> None:
        """Write the statistics as CSV.

        Args:
            file: a text file that is open for writing.
        """
        metrics = [
            *_DEFAULT, *(self.options.layer_debug_metrics or ()),
            *(self.options.layer_direct_compare_metrics or ()),
        ]  # fmt: skip
        writer = csv.DictWriter(
            file, ["op_name", "tensor_idx", *metrics, "scale", "zero_point", "tensor_name"]
        )
        writer.writeheader()
        for number, layer in enumerate(self.layers):
            row: dict[str, Any] = dict(self.layer_statistics[layer.name])
            row |= {
                "op_name": layer.operator, "tensor_idx": number, "scale": layer.scale,
                "zero_point": layer.zero_point, "tensor_name": layer.name,
            }  # fmt: skip
            writer.writerow(row)
