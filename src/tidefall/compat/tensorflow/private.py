"""The `tensorflow.python.*` corners that public code imports, and where Tidefall keeps them.

Each entry maps a module to its members; a member is `module:attribute` of Tidefall or `tf:name` of
its public surface, or a module whose attributes are all offered ("*").
"""

from __future__ import annotations

import importlib
from typing import Any

from tidefall import surface

PRIVATE: dict[str, dict[str, str]] = {
    "compiler.tf2xla.python.xla": {
        "dynamic_update_slice": "tidefall.compat.tensorflow.xla_ops:dynamic_update_slice",
    },
    "python.ops.linalg.sparse.sparse_csr_matrix_ops": {
        "*": "tidefall.compat.tensorflow.sparse_csr",
    },
    "python.ops.linalg.sparse": {},
    "python.ops.math_ops": {"is_nan": "tf:math.is_nan"},
    "python.eager.context": {"*": "tidefall.compat.tensorflow.context"},
    "experimental.dtensor": {"*": "tidefall.compat.tensorflow.dtensor"},
    "python.trackable.data_structures": {"*": "tidefall.core.data_structures"},
    "python.framework.tensor_util": {"*": "tidefall.compat.tensorflow.tensor_util"},
    "python.framework.config": {"*": "tidefall.compat.tensorflow.config"},
    "python.framework.type_spec_registry": {"*": "tidefall.core.type_spec_registry"},
    "python.lib.io.tf_record": {"tf_record_iterator": "tidefall.io.tfrecord:read_records"},
    "python.util.deprecation": {"silence": "contextlib:nullcontext"},
    "core.util.event_pb2": {"Event": "tidefall.proto:Event"},
    "core.framework.summary_pb2": {
        "Summary": "tidefall.proto:Summary",
        "SummaryMetadata": "tidefall.proto:SummaryMetadata",
    },
}


def private_member(path: str, name: str) -> Any:
    """The object that `tensorflow.<path>.<name>` stands for.

    Raises:
        AttributeError: if Tidefall has nothing for it.
    """
    members = PRIVATE[path]
    target = members.get(name)
    try:
        if target is not None:
            module, _, attribute = target.partition(":")
            if module == "tf":
                return surface.resolve(*attribute.rpartition(".")[::2])
            return getattr(importlib.import_module(module), attribute)
        if "*" in members:
            return getattr(importlib.import_module(members["*"]), name)
    except AttributeError:
        pass
    below = f"{path}.{name}"
    if below in PRIVATE or any(known.startswith(f"{below}.") for known in PRIVATE):
        return importlib.import_module(f"tensorflow.{below}")
    raise AttributeError(
        f"module 'tensorflow.{path}' has no attribute '{name}' in Tidefall; it is not part of "
        "TensorFlow's public API."
    )
