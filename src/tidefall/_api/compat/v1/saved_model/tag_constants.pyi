# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.tag_constants`."""


GPU: str
SERVING: str
TPU: str
TRAINING: str
