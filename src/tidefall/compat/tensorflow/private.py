"""The inner names of TensorFlow that public code imports, and where Tidefall keeps them.

Packages import from `tensorflow.python.*`, `tensorflow.core.*` and `tf.__internal__`. A name is
looked for in this order:

1. `PRIVATE`, written by hand: a module maps to its members, a member to `module:attribute` of
   Tidefall or `tf:name` of its public surface; "*" stands for all others, a module whose
   attributes they are, or namespaces of the public surface, as `tf:math tf:`. What has no public
   name is in `inner/`, one module for each subject, which says who asks for it;
2. `names.json`, generated from TensorFlow (`tests/oracle/internal_names.py`): which of its inner
   names are which public objects;
3. the messages of a `.proto` file, for `tensorflow.core.*_pb2`;
4. the ops, for the generated modules `tensorflow.python.ops.gen_*_ops` (`generated_ops`).
"""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidefall import surface
from tidefall.compat.tensorflow.generated_ops import generated

_INNER = "tidefall.compat.tensorflow.inner"

_ABSENT = (
    "python.autograph.converters.break_statements",
    "python.autograph.converters.continue_statements",
    "python.autograph.converters.return_statements",
    "python.autograph.core.converter",
    "python.autograph.pyct.anno",
    "python.autograph.pyct.common_transformers.anf",
    "python.autograph.pyct.inspect_utils",
    "python.autograph.pyct.loader",
    "python.autograph.pyct.naming",
    "python.autograph.pyct.parser",
    "python.autograph.pyct.qual_names",
    "python.autograph.pyct.static_analysis.activity",
    "python.autograph.pyct.templates",
    "python.autograph.pyct.transformer",
    "python.grappler.cluster",
    "python.grappler.tf_optimizer",
    "python.ops.clustering_ops",
    "python.ops.linalg.linear_operator_addition",
)
"""Modules that are imported and hardly used, whose members say so when they are."""

PRIVATE: dict[str, dict[str, str]] = {
    "__internal__": {"*": f"{_INNER}.internal"},
    "__internal__.autograph": {"*": f"{_INNER}.autograph"},
    "__internal__.decorator": {"*": f"{_INNER}.util.decorators"},
    "__internal__.dispatch": {"*": f"{_INNER}.util.dispatch"},
    "__internal__.distribute": {"*": f"{_INNER}.distribution"},
    "__internal__.eager_context": {"*": f"{_INNER}.context"},
    "__internal__.feature_column": {"*": "tidefall.v1.feature_columns.base"},
    "__internal__.mixed_precision": {"*": f"{_INNER}.internal"},
    "__internal__.monitoring": {"*": f"{_INNER}.monitoring"},
    "__internal__.nest": {"*": f"{_INNER}.util.nest"},
    "__internal__.ops": {"*": f"{_INNER}.internal"},
    "__internal__.saved_model": {"*": f"{_INNER}.saved_model"},
    "__internal__.saved_model.load": {"*": f"{_INNER}.saved_model"},
    "__internal__.tf2": {"*": f"{_INNER}.tf2"},
    "__internal__.tracking": {"*": f"{_INNER}.trackable"},
    "__internal__.train": {"*": f"{_INNER}.internal"},
    "__operators__": {"*": f"{_INNER}.operators"},
    "compiler.tf2xla.python.xla": {"*": f"{_INNER}.xla.xla_ops"},
    "compiler.xla.xla_data_pb2": {"*": f"{_INNER}.xla.xla_data"},
    "dtensor.proto.layout_pb2": {"*": "tidefall.proto.dtensor"},
    "dtensor.python.api": {"*": "tf:experimental.dtensor"},
    "python.client.device_lib": {"list_local_devices": "tf:config.list_logical_devices"},
    "python.compiler.xla.experimental.xla_sharding": {"*": f"{_INNER}.xla.xla_sharding"},
    "python.data.experimental.ops.distribute": {
        "compute_batch_size": "tidefall.data.report.batch_size:compute_batch_size",
    },
    "python.data.ops.dataset_ops": {"*": "tf:data tf:compat.v1.data"},
    "python.data.ops.from_generator_op": {"*": f"{_INNER}.dataset_sources"},
    "python.data.ops.from_sparse_tensor_slices_op": {"*": f"{_INNER}.dataset_sources"},
    "python.data.ops.from_tensor_slices_op": {"*": f"{_INNER}.dataset_sources"},
    "python.data.ops.from_tensors_op": {"*": f"{_INNER}.dataset_sources"},
    "python.data.ops.iterator_ops": {
        "IteratorBase": "tidefall.data.engine.iterator:IteratorBase",
        "OwnedIterator": "tidefall.data.engine.iterator:OwnedIterator",
    },
    "python.data.ops.range_op": {"*": f"{_INNER}.dataset_sources"},
    "python.data.util.nest": {"*": "tidefall.base.data_nest"},
    "python.data.util.structure": {"*": f"{_INNER}.specs"},
    "python.eager.context": {"*": f"{_INNER}.context"},
    "python.eager.def_function": {"Function": "tf:__internal__.function.Function"},
    "python.eager.monitoring": {"*": f"{_INNER}.monitoring"},
    "python.framework.composite_tensor": {
        "convert_variables_to_tensors": f"{_INNER}.variables:convert_variables_to_tensors",
        "*": f"{_INNER}.specs",
    },
    "python.framework.config": {"*": f"{_INNER}.config"},
    "python.framework.convert_to_constants": {
        "convert_variables_to_constants": "tf:compat.v1.graph_util.convert_variables_to_constants",
        "*": "tidefall.v1.graphs.frozen_function",
    },
    "python.framework.ops": {"*": f"{_INNER}.framework_ops"},
    "python.framework.smart_cond": {"*": f"{_INNER}.smart_cond"},
    "python.framework.tensor": {"*": f"{_INNER}.specs"},
    "python.framework.tensor_shape": {"*": f"{_INNER}.framework_ops"},
    "python.framework.tensor_spec": {"*": f"{_INNER}.specs"},
    "python.framework.tensor_util": {"*": f"{_INNER}.tensor_util"},
    "python.framework.test_util": {"*": f"{_INNER}.util.test_util"},
    "python.framework.type_spec": {"*": f"{_INNER}.specs"},
    "python.framework.type_spec_registry": {
        "_NAME_TO_TYPE_SPEC": "tidefall.tensor.type_spec_registry:class_of",
        "_TYPE_SPEC_TO_NAME": "tidefall.tensor.type_spec_registry:name_of",
        "*": "tidefall.tensor.type_spec_registry",
    },
    "python.layers.utils": {"smart_cond": f"{_INNER}.smart_cond:smart_cond"},
    "python.lib.io.tf_record": {"tf_record_iterator": "tidefall.io.records.tfrecord:read_records"},
    "python.ops.array_ops": {"*": f"{_INNER}.inner_ops"},
    "python.ops.control_flow_case": {"*": f"{_INNER}.smart_cond"},
    "python.ops.control_flow_ops": {"*": f"{_INNER}.inner_ops"},
    "python.ops.control_flow_util": {"*": f"{_INNER}.inner_ops"},
    "python.ops.distributions.util": {"*": f"{_INNER}.inner_ops"},
    "python.distribute.distribute_utils": {"*": f"{_INNER}.distribution"},
    "python.distribute.input_lib": {
        "DistributedDataset": "tidefall.distribute.input.distributed_dataset:DistributedDataset",
        "DistributedDatasetSpec": (
            "tidefall.distribute.input.distributed_dataset:DistributedDatasetSpec"
        ),
    },
    "python.distribute.input_ops": {"*": f"{_INNER}.distribution"},
    "python.ops.linalg.linear_operator": {
        "make_composite_tensor": f"{_INNER}.util.decorators:composite_already",
    },
    "python.ops.linalg.sparse": {},
    "python.ops.linalg.sparse.sparse": {"*": f"{_INNER}.sparse_csr"},
    "python.ops.linalg.sparse.sparse_csr_matrix_ops": {"*": f"{_INNER}.sparse_csr"},
    "python.ops.lookup_ops": {"LookupInterface": "tidefall.ops.lookup.interface:LookupInterface"},
    "python.ops.list_ops": {"*": f"{_INNER}.list_ops"},
    "python.ops.parallel_for.control_flow_ops": {"*": f"{_INNER}.parallel_for"},
    "python.ops.random_ops": {"*": f"{_INNER}.inner_ops"},
    "python.ops.ragged.ragged_map_ops": {"map_fn": "tf:map_fn"},
    "python.ops.ragged.ragged_tensor": {
        "convert_to_tensor_or_ragged_tensor": (
            "tidefall.composite.ragged.values:convert_to_tensor_or_ragged_tensor"
        ),
        "is_ragged": "tidefall.composite.ragged.values:is_ragged",
    },
    "python.ops.ragged.ragged_util": {"*": f"{_INNER}.inner_ops"},
    "python.ops.resource_variable_ops": {"*": f"{_INNER}.variables"},
    "python.ops.variable_scope": {"*": f"{_INNER}.variables"},
    "python.platform.gfile": {"*": "tf:io.gfile tf:compat.v1.gfile"},
    "python.platform.test": {"*": "tf:test tf:compat.v1.test"},
    "python.platform.tf_logging": {"*": "tf:compat.v1.logging"},
    "python.saved_model.load": {"*": f"{_INNER}.saved_model"},
    "python.saved_model.loader_impl": {"*": f"{_INNER}.saved_model"},
    "python.saved_model.model_utils.mode_keys": {"*": f"{_INNER}.saved_model"},
    "python.saved_model.nested_structure_coder": {"*": f"{_INNER}.saved_model"},
    "python.pywrap_tfe": {"*": f"{_INNER}.pywrap_tfe"},
    "python.tf2": {"*": f"{_INNER}.tf2"},
    "python.tools.saved_model_utils": {"*": f"{_INNER}.saved_model"},
    "python.trackable.autotrackable": {
        "AutoTrackable": "tidefall.composite.trackable.auto_trackable:AutoTrackable",
    },
    "python.trackable.base": {"*": f"{_INNER}.trackable"},
    "python.trackable.resource": {
        "RestoredResource": "tidefall.saving.saved_model.restored:RestoredResource",
    },
    "python.trackable.data_structures": {"*": "tidefall.composite.trackable.data_structures"},
    "python.util.compat": {"*": "tf:compat"},
    "python.util.deprecation": {"*": f"{_INNER}.util.decorators"},
    "python.util.dispatch": {"*": f"{_INNER}.util.dispatch"},
    "python.util.nest": {"*": f"{_INNER}.util.nest"},
    "python.util.object_identity": {"*": f"{_INNER}.util.object_identity"},
    "python.util.tf_contextlib": {"*": f"{_INNER}.util.decorators"},
    "python.util.tf_decorator": {"*": f"{_INNER}.util.decorators"},
    "python.util.tf_export": {"*": f"{_INNER}.util.decorators"},
    "python.util.tf_inspect": {"*": f"{_INNER}.util.inspection"},
    "python.util.traceback_utils": {"*": f"{_INNER}.util.decorators"},
    "python.util.variable_utils": {"*": f"{_INNER}.variables"},
    "tools.docs.doc_controls": {"*": f"{_INNER}.util.decorators"},
    **{module: {"*": f"{_INNER}.absent"} for module in _ABSENT},
}


def is_private(path: str) -> bool:
    """Whether Tidefall answers some members of the inner module `tensorflow.<path>`."""
    return (
        path in PRIVATE or path in _public_names() or _is_generated(path) or bool(_messages(path))
    )


def is_parent(path: str) -> bool:
    """Whether there are inner modules below `tensorflow.<path>`."""
    return path in _parents()


def private_member(path: str, name: str) -> Any:
    """The object that `tensorflow.<path>.<name>` stands for.

    Args:
        path: an inner module, `python.util.nest`.
        name: the member.

    Raises:
        AttributeError: if Tidefall has nothing for it.
    """
    for find in (_written, _published, _message, _op):
        found = find(path, name)
        if found is not None:
            return found
    raise AttributeError(
        f"module 'tensorflow.{path}' has no attribute '{name}' in Tidefall; it is not part of "
        "TensorFlow's public API."
    )


def _written(path: str, name: str) -> Any:
    members = PRIVATE.get(path, {})
    target = members.get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        if module == "tf":
            return _public(attribute)
        return getattr(importlib.import_module(module), attribute)
    others = members.get("*", "")
    if others.startswith("tf:"):
        for namespace in others.replace("tf:", "").split(" "):
            if surface.is_public(f"{namespace}.{name}" if namespace else name):
                return surface.resolve(namespace, name)
        return None
    return getattr(importlib.import_module(others), name, None) if others else None


def _public(path: str) -> Any:
    """The public object of that path; None where Tidefall lacks it."""
    return surface.resolve(*path.rpartition(".")[::2]) if surface.is_public(path) else None


@functools.cache
def _public_names() -> dict[str, dict[str, str]]:
    text = Path(__file__).with_name("names.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


@functools.cache
def _members(path: str) -> dict[str, str]:
    """Public paths by inner name, of one inner module."""
    found = {}
    for space, names in _public_names().get(path, {}).items():
        for name in names.split():
            inner, _, public = name.partition("=")
            found[inner] = f"{space}.{public or inner}" if space else public or inner
    return found


def _published(path: str, name: str) -> Any:
    public = _members(path).get(name)
    return None if public is None else _public(public)


@functools.cache
def _messages(path: str) -> dict[str, Any]:
    """Messages, enums and their values of the file that `core.framework.graph_pb2` is made of."""
    if not path.startswith("core.") or not path.endswith("_pb2"):
        return {}
    from tidefall import proto

    file = f"tensorflow/{path.removesuffix('_pb2').replace('.', '/')}.proto"
    found = proto.members_of_file(file)
    if found:
        proto.add_to_default_pool(file)
    return found


def _message(path: str, name: str) -> Any:
    return _messages(path).get(name)


def _is_generated(path: str) -> bool:
    last = path.rpartition(".")[2]
    return path.startswith("python.ops.gen_") and last.endswith("_ops")


def _op(path: str, name: str) -> Callable[..., Any] | None:
    return generated(name) if _is_generated(path) else None


@functools.cache
def _parents() -> frozenset[str]:
    modules = [*PRIVATE, *_public_names(), "core.framework.graph_pb2", "core.protobuf.config_pb2"]
    modules += ["core.example.example_pb2", "core.util.event_pb2", "python.ops.gen_math_ops"]
    found = set()
    for module in modules:
        parent = module.rpartition(".")[0]
        while parent:
            found.add(parent)
            parent = parent.rpartition(".")[0]
    return frozenset(found)
