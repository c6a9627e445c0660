# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.experimental`."""

from tidefall._api.saved_model import save as save
from tidefall._api.saved_model.experimental import Fingerprint as Fingerprint
from tidefall._api.saved_model.experimental import TrackableResource as TrackableResource
from tidefall._api.saved_model.experimental import VariablePolicy as VariablePolicy
from tidefall._api.saved_model.experimental import read_fingerprint as read_fingerprint

