"""TensorFlow's wire formats: protocol buffer message classes, and tensors as messages.

    from tidefall.proto import GraphDef, SavedModel

    graph = GraphDef()
    graph.node.add(name="x", op="NoOp")

Every top-level message and enum of package `tensorflow` under schema/ is an attribute of this
module. Nested messages are attributes of their parent (`GraphDebugInfo.StackTrace`), an enum
has its values as attributes (`DataType.DT_FLOAT`). protobuf is imported at the first use. Those of
TensorFlow Serving are in `tidefall.proto.serving`.

The classes live in a descriptor pool of their own, so that the same process may also import
TensorFlow, or another package that registers the same names in protobuf's default pool.
"""

from __future__ import annotations

from typing import Any

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("tensorflow", globals())


def members_of_file(file: str) -> dict[str, Any]:
    """What `tensorflow/core/framework/types.proto`, or another file of schema/, declares.

    Returns:
        Message classes, enums and the enums' values by name; empty if there is no such file.
    """
    from tidefall.proto import registry

    return registry.members_of_file(file)


def add_to_default_pool(file: str) -> None:
    """Let protobuf's default pool know a file of schema/, for messages that others make of it."""
    from tidefall.proto import registry

    registry.add_to_default_pool(file)
