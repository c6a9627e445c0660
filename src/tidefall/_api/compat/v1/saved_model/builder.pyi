# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.builder`."""

import tidefall as tf

SavedModelBuilder = tf.compat.v1.saved_model.Builder
