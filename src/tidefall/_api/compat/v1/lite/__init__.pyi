# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lite`."""

from tidefall._api.compat.v1.lite import experimental as experimental
from tidefall._api.lite import Interpreter as Interpreter

