# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.signature_def_utils`."""

from tidefall._api.compat.v1.saved_model import build_signature_def as build_signature_def
from tidefall._api.compat.v1.saved_model import classification_signature_def as classification_signature_def
from tidefall._api.compat.v1.saved_model import is_valid_signature as is_valid_signature
from tidefall._api.compat.v1.saved_model import predict_signature_def as predict_signature_def
from tidefall._api.compat.v1.saved_model import regression_signature_def as regression_signature_def

