"""`tf.saved_model.SaveOptions` and `LoadOptions`."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export


@export("saved_model.experimental.VariablePolicy")
class VariablePolicy(enum.Enum):
    """What of a variable's placement is saved.

    `NONE`: nothing; `SAVE_VARIABLE_DEVICES`: the device; `EXPAND_DISTRIBUTED_VARIABLES`: the copies
    of a distributed variable, one by one.

    >>> import tidefall as tf
    >>> policy = tf.saved_model.experimental.VariablePolicy.SAVE_VARIABLE_DEVICES
    >>> options = tf.saved_model.SaveOptions(experimental_variable_policy=policy)
    >>> options.experimental_variable_policy.name
    'SAVE_VARIABLE_DEVICES'
    """

    NONE = None
    SAVE_VARIABLE_DEVICES = "save_variable_devices"
    EXPAND_DISTRIBUTED_VARIABLES = "expand_distributed_variables"

    def _save_variable_devices(self) -> bool:
        return self is not VariablePolicy.NONE

    @classmethod
    def from_obj(cls, obj: Any) -> VariablePolicy:
        """The policy that a policy, its value or its name stands for.

        Raises:
            ValueError: if there is no such policy.
        """
        if obj is None:
            return cls.NONE
        if isinstance(obj, VariablePolicy):
            return obj
        for policy in cls:
            if policy.value is not None and policy.value == str(obj).lower():
                return policy
        raise ValueError(f"Received invalid VariablePolicy value: {obj}.")


@export("saved_model.SaveOptions")
class SaveOptions:
    """How to save a SavedModel.

    Args:
        namespace_whitelist: accepted; op namespaces are not checked.
        save_debug_info: also write which line of the program made each node of a function; a
            loaded model has that as `graph_debug_info`.
        function_aliases: names for `tf.function`s, as a dict from name to function.
        experimental_debug_stripper: accepted.
        experimental_io_device: accepted; files are written by this process.
        experimental_variable_policy: a `VariablePolicy`.
        experimental_custom_gradients: accepted.
        experimental_image_format: must be False.
        experimental_skip_saver: write no ops that save and restore.
        experimental_sharding_callback: must be None.
        extra_tags: further tags beside "serve".

    >>> import tidefall as tf
    >>> tf.saved_model.SaveOptions(extra_tags=["gpu"]).extra_tags
    ['gpu']
    """

    def __init__(
        self,
        namespace_whitelist: Any = None,
        save_debug_info: bool = False,
        function_aliases: dict[str, Any] | None = None,
        experimental_debug_stripper: bool = False,
        experimental_io_device: str | None = None,
        experimental_variable_policy: Any = None,
        experimental_custom_gradients: bool = True,
        experimental_image_format: bool = False,
        experimental_skip_saver: bool = False,
        experimental_sharding_callback: Callable[..., Any] | None = None,
        extra_tags: Any = None,
    ):
        self.namespace_whitelist = _strings(namespace_whitelist)
        self.save_debug_info = save_debug_info
        self.function_aliases = dict(function_aliases or {})
        self.experimental_debug_stripper = experimental_debug_stripper
        self.experimental_io_device = experimental_io_device
        self.experimental_variable_policy = VariablePolicy.from_obj(experimental_variable_policy)
        self.experimental_custom_gradients = experimental_custom_gradients
        self.experimental_image_format = experimental_image_format
        self.experimental_skip_saver = experimental_skip_saver
        self.experimental_sharding_callback = experimental_sharding_callback
        self.extra_tags = extra_tags


def _strings(values: Any) -> list[str]:
    values = [] if values is None else list(values)
    if not all(isinstance(value, str | bytes) for value in values):
        raise ValueError(f"Invalid namespace whitelist: {values}. All must be strings.")
    return [value.decode() if isinstance(value, bytes) else value for value in values]


@export("saved_model.LoadOptions")
class LoadOptions:
    """How to load a SavedModel.

    Args:
        allow_partial_checkpoint: variables that the checkpoint lacks are no error.
        experimental_io_device: accepted; files are read by this process.
        experimental_skip_checkpoint: leave the variables without values.
        experimental_variable_policy: a `VariablePolicy`.
        experimental_load_function_aliases: make `function_aliases` of the loaded object.

    Attributes:
        experimental_trust_aot: set it to say whether to run machine code that `saved_model_cli
            aot_compile` stored beside the model. None, the default, asks the environment variable
            TIDEFALL_TRUST_AOT. TensorFlow has no such option.
        experimental_map_variables: set it to False to read and check all variables at once, into
            memory of this process: nothing that happens to the files afterwards reaches them.
            True, the default, maps the files, and reads values when they are first used.
            TensorFlow has no such option.

    >>> import tidefall as tf
    >>> tf.saved_model.LoadOptions().allow_partial_checkpoint
    False
    """

    def __init__(
        self,
        allow_partial_checkpoint: bool = False,
        experimental_io_device: str | None = None,
        experimental_skip_checkpoint: bool = False,
        experimental_variable_policy: Any = None,
        experimental_load_function_aliases: bool = False,
    ):
        self.allow_partial_checkpoint = allow_partial_checkpoint
        self.experimental_io_device = experimental_io_device
        self.experimental_skip_checkpoint = experimental_skip_checkpoint
        self.experimental_variable_policy = VariablePolicy.from_obj(experimental_variable_policy)
        self.experimental_load_function_aliases = experimental_load_function_aliases
        self.experimental_trust_aot: bool | None = None
        self.experimental_map_variables = True
