# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.saved_model import builder as builder
from tidefall._api.compat.v1.saved_model import constants as constants
from tidefall._api.compat.v1.saved_model import experimental as experimental
from tidefall._api.compat.v1.saved_model import loader as loader
from tidefall._api.compat.v1.saved_model import main_op as main_op
from tidefall._api.compat.v1.saved_model import signature_constants as signature_constants
from tidefall._api.compat.v1.saved_model import signature_def_utils as signature_def_utils
from tidefall._api.compat.v1.saved_model import tag_constants as tag_constants
from tidefall._api.compat.v1.saved_model import utils as utils
from tidefall._api.saved_model import Asset as Asset
from tidefall._api.saved_model import LoadOptions as LoadOptions
from tidefall._api.saved_model import SaveOptions as SaveOptions
from tidefall._api.saved_model import contains_saved_model as contains_saved_model
from tidefall._api.saved_model import save as save
from typing import Any

ASSETS_DIRECTORY: str
ASSETS_KEY: str
class Builder:
    """Writes a SavedModel of the graph and the variables of a session."""
    def __init__(self, export_dir: Any) -> None: ...
    def add_meta_graph_and_variables(self, sess: Any, tags: Any, signature_def_map: Any = None, assets_collection: TensorLike | None = None, legacy_init_op: Any = None, clear_devices: bool = False, main_op: Any = None, strip_default_attrs: bool = False, saver: Any = None, train_op: Any = None, assets_list: TensorLike | None = None) -> None:
        """Add the graph of a session, and write its variables."""
    def add_meta_graph(self, tags: Any, signature_def_map: Any = None, assets_collection: Any = None, legacy_init_op: Any = None, clear_devices: bool = False, main_op: Any = None, strip_default_attrs: bool = False, saver: Any = None, train_op: Any = None, assets_list: Any = None) -> None:
        """Add the default graph, which shares the variables written before."""
    def save(self, as_text: bool = False) -> bytes:
        """Write the file of the SavedModel; returns its path."""
CLASSIFY_INPUTS: str
CLASSIFY_METHOD_NAME: str
CLASSIFY_OUTPUT_CLASSES: str
CLASSIFY_OUTPUT_SCORES: str
DEBUG_DIRECTORY: str
DEBUG_INFO_FILENAME_PB: str
DEFAULT_SERVING_SIGNATURE_DEF_KEY: str
GPU: str
LEGACY_INIT_OP_KEY: str
MAIN_OP_KEY: str
PREDICT_INPUTS: str
PREDICT_METHOD_NAME: str
PREDICT_OUTPUTS: str
REGRESS_INPUTS: str
REGRESS_METHOD_NAME: str
REGRESS_OUTPUTS: str
SAVED_MODEL_FILENAME_PB: str
SAVED_MODEL_FILENAME_PBTXT: str
SAVED_MODEL_SCHEMA_VERSION: int
SERVING: str
TPU: str
TRAINING: str
VARIABLES_DIRECTORY: str
VARIABLES_FILENAME: str
def build_signature_def(inputs: Any = None, outputs: Any = None, method_name: str | None = None, defaults: Any = None) -> Any:
    """A SignatureDef message."""
def build_tensor_info(tensor: TensorLike | tf.__internal__.CompositeTensor) -> Any:
    """The TensorInfo message of a tensor."""
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """A signature from serialised Examples to classes and scores."""
def get_tensor_from_tensor_info(tensor_info: Any, graph: Any = None, import_scope: str | None = None) -> Any:
    """The tensor that a TensorInfo names."""
def is_valid_signature(signature_def: Any) -> bool:
    """Whether a SignatureDef can be served by TensorFlow Serving."""
def load(sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
    """Load a SavedModel into a session: its graph, its variables, and what its init op fills."""
load_v2 = tf.saved_model.load
def main_op_with_restore(restore_op_name: str) -> Any:
    """A node that initialises everything and then restores the variables."""
maybe_saved_model_directory = tf.saved_model.contains_saved_model
def predict_signature_def(inputs: Any, outputs: Any) -> Any:
    """A signature for prediction."""
def regression_signature_def(examples: Any, predictions: TensorLike) -> Any:
    """A signature from serialised Examples to numbers."""
def simple_save(session: Any, export_dir: Any, inputs: Any, outputs: Any, legacy_init_op: Any = None) -> None:
    """Write a SavedModel for prediction."""
