"""The `tensorflow.python.*` corners that public code imports, and where Tidefall keeps them.

Each entry maps a module to its members; a member is `module:attribute` of Tidefall or `tf:name` of
its public surface. "*" stands for all others: a module whose attributes they are, or namespaces of
the public surface in which they are looked for, as `tf:math tf:`.
"""

from __future__ import annotations

import importlib
from typing import Any

from tidefall import surface

PRIVATE: dict[str, dict[str, str]] = {
    "compiler.tf2xla.python.xla": {
        "*": "tidefall.compat.tensorflow.xla_ops",
    },
    "compiler.xla.xla_data_pb2": {"*": "tidefall.compat.tensorflow.xla_data"},
    "python.compiler.xla.experimental.xla_sharding": {
        "*": "tidefall.compat.tensorflow.xla_sharding",
    },
    "python.ops.linalg.sparse.sparse_csr_matrix_ops": {
        "*": "tidefall.compat.tensorflow.sparse_csr",
    },
    "python.ops.linalg.sparse": {},
    "python.client.device_lib": {
        "list_local_devices": "tf:config.list_logical_devices",
    },
    "python.data.ops.dataset_ops": {
        "DatasetV2": "tf:data.Dataset",
        "*": "tf:data tf:compat.v1.data",
    },
    "python.data.experimental.ops.distribute": {
        "compute_batch_size": "tidefall.data.report.batch_size:compute_batch_size",
    },
    "python.framework.constant_op": {"*": "tf:"},
    "python.framework.convert_to_constants": {
        "convert_variables_to_constants": "tf:compat.v1.graph_util.convert_variables_to_constants",
        "*": "tidefall.v1.graphs.frozen_function",
    },
    "python.framework.dtypes": {"*": "tf:dtypes tf:"},
    "python.framework.errors": {"*": "tf:errors"},
    "python.framework.indexed_slices": {"*": "tf:"},
    "python.framework.ops": {"*": "tf: tf:compat.v1"},
    "python.framework.random_seed": {"*": "tf:random tf:compat.v1"},
    "python.framework.sparse_tensor": {"*": "tf: tf:sparse"},
    "python.framework.tensor_shape": {"*": "tf: tf:compat.v1"},
    "python.framework.tensor_spec": {"*": "tf:"},
    "python.module.module": {"*": "tf:"},
    "python.ops.array_ops": {"*": "tf: tf:sparse tf:compat.v1"},
    "python.ops.bitwise_ops": {"*": "tf:bitwise"},
    "python.ops.check_ops": {"*": "tf:debugging tf:compat.v1"},
    "python.ops.clip_ops": {"*": "tf:"},
    "python.ops.control_flow_ops": {"*": "tf: tf:compat.v1"},
    "python.ops.custom_gradient": {"*": "tf:"},
    "python.ops.gradients_impl": {"*": "tf:compat.v1 tf:"},
    "python.ops.image_ops": {"*": "tf:image"},
    "python.ops.init_ops": {"*": "tf:compat.v1.initializers tf:compat.v1"},
    "python.ops.init_ops_v2": {"*": "tf:"},
    "python.ops.linalg_ops": {"*": "tf:linalg tf:"},
    "python.ops.lookup_ops": {"*": "tf:lookup tf:lookup.experimental"},
    "python.ops.map_fn": {"*": "tf:"},
    "python.ops.math_ops": {"*": "tf:math tf: tf:linalg tf:compat.v1"},
    "python.ops.nn": {"*": "tf:nn tf:compat.v1.nn"},
    "python.ops.nn_ops": {"*": "tf:nn tf:compat.v1.nn"},
    "python.ops.ragged.ragged_tensor": {"*": "tf:"},
    "python.ops.random_ops": {"*": "tf:random tf:compat.v1"},
    "python.ops.sparse_ops": {"*": "tf:sparse"},
    "python.ops.stateless_random_ops": {"*": "tf:random"},
    "python.ops.string_ops": {"*": "tf:strings"},
    "python.ops.summary_ops_v2": {"*": "tf:summary"},
    "python.ops.tensor_array_ops": {"*": "tf:"},
    "python.ops.variable_scope": {"*": "tf:compat.v1"},
    "python.ops.variables": {"*": "tf: tf:compat.v1"},
    "python.ops.while_loop": {"*": "tf:"},
    "python.ops.cond": {"*": "tf:"},
    "python.eager.backprop": {"*": "tf:"},
    "python.eager.def_function": {"*": "tf:"},
    "python.platform.gfile": {"*": "tf:io.gfile tf:compat.v1.gfile"},
    "python.platform.test": {"*": "tf:test"},
    "python.platform.tf_logging": {"*": "tf:compat.v1.logging"},
    "python.saved_model.loader": {"*": "tf:compat.v1.saved_model"},
    "python.saved_model.signature_constants": {"*": "tf:saved_model"},
    "python.saved_model.tag_constants": {"*": "tf:saved_model"},
    "python.training.checkpoint_utils": {"*": "tf:train"},
    "python.training.saver": {"*": "tf:compat.v1.train"},
    "python.util.nest": {"*": "tf:nest"},
    "python.eager.context": {"*": "tidefall.compat.tensorflow.context"},
    "python.trackable.data_structures": {"*": "tidefall.composite.trackable.data_structures"},
    "python.framework.tensor_util": {"*": "tidefall.compat.tensorflow.tensor_util"},
    "python.framework.config": {"*": "tidefall.compat.tensorflow.config"},
    "python.framework.type_spec_registry": {"*": "tidefall.tensor.type_spec_registry"},
    "python.lib.io.tf_record": {"tf_record_iterator": "tidefall.io.records.tfrecord:read_records"},
    "python.util.deprecation": {"silence": "contextlib:nullcontext"},
    "core.util.event_pb2": {"Event": "tidefall.proto:Event"},
    "dtensor.proto.layout_pb2": {
        "LayoutProto": "tidefall.proto.dtensor:LayoutProto",
        "MeshDimensionProto": "tidefall.proto.dtensor:MeshDimensionProto",
        "MeshProto": "tidefall.proto.dtensor:MeshProto",
        "ShardingSpec": "tidefall.proto.dtensor:ShardingSpec",
    },
    "core.framework.summary_pb2": {
        "Summary": "tidefall.proto:Summary",
        "SummaryMetadata": "tidefall.proto:SummaryMetadata",
    },
}


def private_member(path: str, name: str) -> Any:
    """The object that `tensorflow.<path>.<name>` stands for; None if Tidefall has none."""
    members = PRIVATE[path]
    target = members.get(name)
    try:
        if target is not None:
            module, _, attribute = target.partition(":")
            if module == "tf":
                return surface.resolve(*attribute.rpartition(".")[::2])
            return getattr(importlib.import_module(module), attribute)
        others = members.get("*", "")
        if others.startswith("tf:"):
            for namespace in others.replace("tf:", "").split(" "):
                if surface.is_public(f"{namespace}.{name}" if namespace else name):
                    return surface.resolve(namespace, name)
        elif others:
            return getattr(importlib.import_module(others), name)
    except AttributeError:
        pass
    return None
