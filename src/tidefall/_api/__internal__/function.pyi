# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.function`."""

import tidefall as tf

Function = tf.types.experimental.GenericFunction
