"""The graph of a transform as a Keras layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented


@tf.keras.utils.register_keras_serializable(package="TensorFlowTransform")
class TransformFeaturesLayer(tf.keras.layers.Layer):
    """Transforms raw features, in a Keras model or by itself.

    A model that has it as an attribute takes raw records where it is exported, with the
    vocabularies among its assets.

    Args:
        tft_output: a `TFTransformOutput`.
        exported_as_v1: not used; for code that gives it.

    ```python
    model.transform = output.transform_features_layer()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(records):
        raw = tf.io.parse_example(records, raw_feature_spec)
        return {"score": model(model.transform(raw))}

    tf.saved_model.save(model, "exported", signatures={"serving_default": serve})
    ```
    """

    def __init__(self, tft_output: Any, exported_as_v1: bool | None = None, **kwargs: Any):
        super().__init__(trainable=False, autocast=False, **kwargs)
        # Records have strings, and sparse tensors beside dense ones: nothing to convert.
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True
        del exported_as_v1
        self._folder = tft_output.transform_savedmodel_dir
        self._restored = tf.saved_model.load(self._folder)
        function = getattr(self._restored, "transform_fn", None)
        if function is None or not function.concrete_functions:
            raise unimplemented(
                f"{self._folder} has no `transform_fn`: graphs exported with TensorFlow 1"
            )
        self._concrete = function.concrete_functions[0]
        self._specs = dict(self._concrete.structured_input_signature[0][0])
        self._needs = _needs(self._concrete, self._specs)

    def call(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the features that come of those that are given.

        Args:
            inputs: tensors by name. What depends on one that is missing is left out.
        """
        given = {name: inputs[name] for name in self._specs if name in inputs}
        if not given:
            raise invalid(
                f"none of the features {sorted(self._specs)} is given, only {sorted(inputs)}"
            )
        batch = _batch_size(next(iter(given.values())))
        for name, spec in self._specs.items():
            if name in given:
                given[name] = _fitting(name, spec, given[name])
            else:
                given[name] = _placeholder(spec, batch)
        outputs = self._restored.transform_fn(given)
        absent = set(self._specs) - set(inputs)
        return {name: out for name, out in outputs.items() if not self._needs[name] & absent}

    def compute_output_spec(self, inputs: Mapping[str, Any]) -> Any:
        """Return what comes out of symbolic inputs, as KerasTensors."""
        raise unimplemented(
            "a TransformFeaturesLayer on symbolic inputs of a functional model: call it in `call` "
            "of a model, or in the function that is served"
        )

    def get_config(self) -> dict[str, Any]:
        """Return where the transform is."""
        raise unimplemented(
            "a TransformFeaturesLayer in a .keras file: save the model as a SavedModel"
        )


def _needs(concrete: Any, specs: Mapping[str, Any]) -> dict[str, set[str]]:
    """The inputs that each output depends on."""
    owner = {
        tensor.op.name: name for tensor, name in zip(concrete.inputs, _owners(specs), strict=False)
    }
    needs: dict[str, set[str]] = {name: set() for name in concrete.structured_outputs}
    owners = _owners(concrete.structured_outputs)
    for tensor, name in zip(concrete.outputs, owners, strict=True):
        seen: set[str] = set()
        waiting = [tensor.op]
        while waiting:
            op = waiting.pop()
            if op.name not in seen:
                seen.add(op.name)
                waiting += [one.op for one in op.inputs]
        needs[name] |= {owner[op] for op in seen if op in owner}
    return needs


def _owners(features: Mapping[str, Any]) -> list[str]:
    """The name of the feature that each flat tensor belongs to."""
    return [
        name for name in sorted(features)
        for _ in tf.nest.flatten(features[name], expand_composites=True)
    ]  # fmt: skip


def _batch_size(value: Any) -> Any:
    if isinstance(value, tf.SparseTensor):
        return value.dense_shape[0]
    if isinstance(value, tf.RaggedTensor):
        return value.nrows()
    return tf.shape(value, tf.int64)[0]


def _fitting(name: str, spec: Any, value: Any) -> Any:
    """A feature of the kind the graph wants; dense values of a sparse or ragged one are brought."""
    if isinstance(spec, tf.TensorSpec):
        if isinstance(value, (tf.SparseTensor, tf.RaggedTensor)):
            raise invalid(
                f"feature {name!r} should be dense, {spec.shape} of {spec.dtype.name}, got a "
                f"{type(value).__name__}"
            )
        value = tf.convert_to_tensor(value, None if tf.is_tensor(value) else spec.dtype)
    elif isinstance(value, tf.Tensor):
        if isinstance(spec, tf.SparseTensorSpec):
            value = tf.sparse.from_dense(value)
        else:
            value = tf.RaggedTensor.from_tensor(value)
    if value.dtype != spec.dtype:
        raise invalid(f"feature {name!r} should be {spec.dtype.name}, got {value.dtype.name}")
    return value


def _placeholder(spec: Any, batch: Any) -> Any:
    """Something for a feature that nothing depends on."""
    if isinstance(spec, tf.SparseTensorSpec):
        rank = spec.shape.rank or 2
        shape = tf.concat([[batch], tf.zeros([rank - 1], tf.int64)], 0)
        return tf.SparseTensor(tf.zeros([0, rank], tf.int64), _nothing([0], spec.dtype), shape)
    if isinstance(spec, tf.RaggedTensorSpec):
        splits = tf.zeros([batch + 1], tf.int64)
        return tf.RaggedTensor.from_row_splits(_nothing([0], spec.dtype), splits)
    inner = [1 if size is None else size for size in spec.shape.as_list()[1:]]
    return _nothing(tf.concat([[batch], tf.constant(inner, tf.int64)], 0), spec.dtype)


def _nothing(shape: Any, dtype: Any) -> Any:
    return tf.fill(shape, tf.constant("" if dtype == tf.string else 0, dtype))
