# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.utils`."""

from tidefall._api.compat.v1.saved_model import build_tensor_info as build_tensor_info
from tidefall._api.compat.v1.saved_model import get_tensor_from_tensor_info as get_tensor_from_tensor_info

