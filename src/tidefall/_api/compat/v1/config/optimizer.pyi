# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.config.optimizer`."""

from tidefall._api.config.optimizer import get_experimental_options as get_experimental_options
from tidefall._api.config.optimizer import get_jit as get_jit
from tidefall._api.config.optimizer import set_experimental_options as set_experimental_options
from tidefall._api.config.optimizer import set_jit as set_jit

