# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.nn.experimental`."""

from tidefall._api.nn.experimental import general_dropout as general_dropout
from tidefall._api.nn.experimental import stateless_dropout as stateless_dropout

