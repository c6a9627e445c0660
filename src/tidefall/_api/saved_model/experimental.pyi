# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.saved_model.experimental`."""

import enum
import tidefall as tf
from typing import Any

class Fingerprint:
    """The fingerprint of a SavedModel."""
    saved_model_checksum: int | None
    graph_def_program_hash: int | None
    signature_def_hash: int | None
    saved_object_graph_hash: int | None
    checkpoint_hash: int | None
    version: Any
    def __init__(self, saved_model_checksum: int | None = None, graph_def_program_hash: int | None = None, signature_def_hash: int | None = None, saved_object_graph_hash: int | None = None, checkpoint_hash: int | None = None, version: Any = None) -> None: ...
    @classmethod
    def from_proto(cls, proto: Any) -> tf.saved_model.experimental.Fingerprint:
        """The fingerprint that a FingerprintDef message, or its bytes, holds."""
    def singleprint(self) -> str:
        """What identifies the model, in one string."""
class TrackableResource(tf.__internal__.tracking.Trackable):
    """Base of objects that own a resource which a SavedModel makes again when it is loaded."""
    def __init__(self, device: str = '') -> None: ...
    @property
    def resource_handle(self) -> Any:
        """The tensor that stands for the resource, made when it is first asked for."""
class VariablePolicy(enum.Enum):
    """What of a variable's placement is saved."""
    @classmethod
    def from_obj(cls, obj: Any) -> tf.saved_model.experimental.VariablePolicy:
        """The policy that a policy, its value or its name stands for."""
    NONE = None
    SAVE_VARIABLE_DEVICES = 'save_variable_devices'
    EXPAND_DISTRIBUTED_VARIABLES = 'expand_distributed_variables'
def read_fingerprint(export_dir: Any) -> tf.saved_model.experimental.Fingerprint:
    """The fingerprint of a SavedModel."""
