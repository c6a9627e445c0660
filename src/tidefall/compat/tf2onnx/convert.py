"""`tf2onnx.convert`: its functions by `tidefall.export.onnx`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import errors, nest
from tidefall.export.onnx.exporter.convert import DEFAULT_OPSET, export_source
from tidefall.export.onnx.files import require_onnx, write_model
from tidefall.export.sources import sources_of

_ALLOWED = ("large_model", "optimizers", "target", "shape_override")


def from_function(
    function: Any,
    input_signature: Any = None,
    opset: int | None = None,
    inputs_as_nchw: Sequence[str] | None = None,
    outputs_as_nchw: Sequence[str] | None = None,
    output_path: Any = None,
    **options: Any,
) -> tuple[Any, dict[str, Any]]:
    """Return a `tf.function` as a ModelProto, and no external tensors.

    Args:
        function: a `tf.function` or a concrete function.
        input_signature: `tf.TensorSpec`s of its arguments, if it has none.
        opset: the version of ONNX's ops; 21 by default.
        inputs_as_nchw: names of inputs that the model takes with channels first.
        outputs_as_nchw: names of outputs that it gives with channels first.
        output_path: a file to write.
        **options: others of tf2onnx.

    Raises:
        tf.errors.UnimplementedError: for ops that ONNX lacks, or options that change ops.
    """
    specs = None if input_signature is None else nest.flatten(input_signature)
    return _export(function, specs, opset, inputs_as_nchw, outputs_as_nchw, output_path, options)


def from_keras(
    model: Any,
    input_signature: Any = None,
    opset: int | None = None,
    inputs_as_nchw: Sequence[str] | None = None,
    outputs_as_nchw: Sequence[str] | None = None,
    output_path: Any = None,
    **options: Any,
) -> tuple[Any, dict[str, Any]]:
    """Return a Keras model as a ModelProto, and no external tensors.

    Args:
        model: a built model.
        input_signature: `tf.TensorSpec`s of its inputs; those of the model by default.
        opset, inputs_as_nchw, outputs_as_nchw, output_path: as `from_function` takes them.
        **options: others of tf2onnx.

    Raises:
        tf.errors.UnimplementedError: for ops that ONNX lacks, or options that change ops.
    """
    if input_signature is not None:
        from tidefall.function.polymorphic import function

        specs = nest.flatten(input_signature)

        def call(*inputs: Any) -> Any:
            return model(nest.pack_sequence_as(input_signature, inputs)[0]
                         if len(inputs) == 1 else list(inputs), training=False)  # fmt: skip

        model = function(call, input_signature=specs, autograph=False)
    return _export(model, None, opset, inputs_as_nchw, outputs_as_nchw, output_path, options)


def _export(
    model: Any, specs: Any, opset: int | None, inputs: Any, outputs: Any, path: Any,
    options: dict[str, Any],
) -> tuple[Any, dict[str, Any]]:  # fmt: skip
    require_onnx()
    asked = [name for name, value in options.items() if value and name not in _ALLOWED]
    if asked:
        raise errors.UnimplementedError(
            None, None,
            f"tf2onnx's {', '.join(asked)} is not there: models are written in ONNX's own ops.",
        )  # fmt: skip
    sources, _alive = sources_of(model, None, specs)
    made = export_source(sources[0], opset or DEFAULT_OPSET, _plain(inputs), _plain(outputs))
    if path is not None:
        write_model(made, path)
    return made, {}


def _plain(names: Sequence[str] | None) -> frozenset[str]:
    """Names as tf2onnx takes them, `x:0` also for `x`."""
    return frozenset(name.removesuffix(":0") for name in names or ())
