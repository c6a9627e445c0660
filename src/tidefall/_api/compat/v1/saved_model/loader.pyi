# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.loader`."""

import tidefall as tf
from tidefall._api.compat.v1.saved_model import load as load

maybe_saved_model_directory = tf.saved_model.contains_saved_model
