"""The final graph, in a directory as TensorFlow Transform writes it.

transform_fn/                        a SavedModel: `transform_fn`, and as a signature
transformed_metadata/schema.pbtxt    what comes out of it
transformed_metadata/asset_map       the files of vocabularies, by name
metadata/schema.pbtxt                what goes into it
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

import tidefall as tf
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.data_validation.protos import write_text
from tidefall.lifecycle.transform.features import spec_of_output

SIGNATURE = "transform_signature"


class Exported(tf.Module):
    """What is saved: the function, and the tables and objects that it uses."""

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[Any] = []
        self.named: dict[str, Any] = {}
        self.transform_fn: Any = None

    def keep(self, value: Any, name: str | None = None) -> None:
        """Keep an object as long as the function."""
        if name is None:
            self.resources.append(value)
        else:
            self.named[name] = value


def flattened(features: Mapping[str, Any]) -> dict[str, Any]:
    """Features as a signature has them: sparse and ragged ones in parts, by name and part."""
    flat: dict[str, Any] = {}
    for name, value in features.items():
        if isinstance(value, tf.SparseTensor):
            flat[f"{name}_indices"] = value.indices
            flat[f"{name}_values"] = value.values
            flat[f"{name}_dense_shape"] = value.dense_shape
        elif isinstance(value, tf.RaggedTensor):
            flat[f"{name}_values"] = value.flat_values
            flat[f"{name}_row_splits"] = value.row_splits
        else:
            flat[name] = value
    return flat


def _flat_specs(specs: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, spec in specs.items():
        parts = [name]
        if isinstance(spec, tf.SparseTensorSpec):
            parts = [f"{name}_indices", f"{name}_values", f"{name}_dense_shape"]
        elif isinstance(spec, tf.RaggedTensorSpec):
            parts = [f"{name}_values", f"{name}_row_splits"]
        tensors = tf.nest.flatten(spec, expand_composites=True)
        for part, tensor in zip(parts, tensors, strict=True):
            flat[part] = tf.TensorSpec(tensor.shape, tensor.dtype, part)
    return flat


def _signature(transform: Any, specs: Mapping[str, Any]) -> Any:
    flat_specs = _flat_specs(specs)

    @tf.function(input_signature=[flat_specs], autograph=False)
    def signature(flat: dict[str, Any]) -> dict[str, Any]:
        tensors = [flat[name] for name in flat_specs]
        features: dict[str, Any] = {}
        for name, spec in specs.items():
            count = len(tf.nest.flatten(spec, expand_composites=True))
            own, tensors = tensors[:count], tensors[count:]
            features[name] = tf.nest.pack_sequence_as(spec, own, expand_composites=True)
        return flattened(transform(features))

    return signature


def write(
    folder: str, module: Exported, transform: Any, specs: Mapping[str, Any],
    transformed_schema: Any, raw_schema: Any, assets: Mapping[str, str],
) -> None:  # fmt: skip
    """Write the output directory, whole or not at all.

    Args:
        folder: its name; what stands there is replaced.
        module: what keeps the graph's tables.
        transform: a tf.function from features to features.
        specs: of its features.
        transformed_schema: a Schema.
        raw_schema: a Schema.
        assets: from the names of vocabularies to those of their files.
    """
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    temporary = os.path.join(parent, f".{os.path.basename(folder)}.{secrets.token_hex(4)}.tmp")
    try:
        module.transform_fn = transform
        tf.saved_model.save(
            module, os.path.join(temporary, "transform_fn"),
            signatures={SIGNATURE: _signature(transform, specs)},
        )  # fmt: skip
        for name, schema in (
            ("transformed_metadata", transformed_schema),
            ("metadata", raw_schema),
        ):
            os.makedirs(os.path.join(temporary, name))
            write_text(schema, os.path.join(temporary, name, "schema.pbtxt"))
        map_ = os.path.join(temporary, "transformed_metadata", "asset_map")
        with whole_file(map_) as file:
            file.write(json.dumps(dict(assets)).encode())
        replace_folder(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(temporary: str, folder: str) -> None:
    """Give a folder its name; what had it before is removed afterwards."""
    if not os.path.exists(folder):
        os.rename(temporary, folder)
        return
    old = f"{temporary}.old"
    os.rename(folder, old)
    os.rename(temporary, folder)
    shutil.rmtree(old, ignore_errors=True)


def output_spec(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The feature spec of outputs."""
    return {name: spec_of_output(name, value) for name, value in outputs.items()}
