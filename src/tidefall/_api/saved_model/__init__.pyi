# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.saved_model`."""

from collections.abc import Callable
import tidefall as tf
from tidefall._api.saved_model import experimental as experimental
from typing import Any

ASSETS_DIRECTORY: str
ASSETS_KEY: str
class Asset(tf.__internal__.tracking.Trackable):
    """A file that is copied into the SavedModels of the functions that use it."""
    def __init__(self, path: Any) -> None: ...
    @property
    def asset_path(self) -> Any:
        """The file's path, a scalar string tensor. Capture this in functions."""
CLASSIFY_INPUTS: str
CLASSIFY_METHOD_NAME: str
CLASSIFY_OUTPUT_CLASSES: str
CLASSIFY_OUTPUT_SCORES: str
DEBUG_DIRECTORY: str
DEBUG_INFO_FILENAME_PB: str
DEFAULT_SERVING_SIGNATURE_DEF_KEY: str
GPU: str
class LoadOptions:
    """How to load a SavedModel."""
    allow_partial_checkpoint: bool
    experimental_io_device: str | None
    experimental_skip_checkpoint: bool
    experimental_variable_policy: Any
    experimental_load_function_aliases: bool
    experimental_trust_aot: bool | None
    experimental_map_variables: Any
    def __init__(self, allow_partial_checkpoint: bool = False, experimental_io_device: str | None = None, experimental_skip_checkpoint: bool = False, experimental_variable_policy: Any = None, experimental_load_function_aliases: bool = False) -> None: ...
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
class SaveOptions:
    """How to save a SavedModel."""
    namespace_whitelist: Any
    save_debug_info: bool
    function_aliases: Any
    experimental_debug_stripper: bool
    experimental_io_device: str | None
    experimental_variable_policy: Any
    experimental_custom_gradients: bool
    experimental_image_format: bool
    experimental_skip_saver: bool
    experimental_sharding_callback: Callable[..., Any] | None
    extra_tags: Any
    def __init__(self, namespace_whitelist: Any = None, save_debug_info: bool = False, function_aliases: dict[str, Any] | None = None, experimental_debug_stripper: bool = False, experimental_io_device: str | None = None, experimental_variable_policy: Any = None, experimental_custom_gradients: bool = True, experimental_image_format: bool = False, experimental_skip_saver: bool = False, experimental_sharding_callback: Callable[..., Any] | None = None, extra_tags: Any = None) -> None: ...
TPU: str
TRAINING: str
VARIABLES_DIRECTORY: str
VARIABLES_FILENAME: str
def contains_saved_model(export_dir: Any) -> bool:
    """Whether a directory holds a SavedModel."""
def load(export_dir: Any, tags: Any = None, options: tf.saved_model.LoadOptions | None = None) -> Any:
    """Load a SavedModel."""
def save(obj: Any, export_dir: Any, signatures: Any = None, options: tf.saved_model.SaveOptions | None = None) -> None:
    """Save an object, its variables and its functions as a SavedModel."""
