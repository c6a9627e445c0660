# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.autograph`."""

from tidefall._api.autograph import set_verbosity as set_verbosity
from tidefall._api.autograph import to_code as to_code
from tidefall._api.autograph import to_graph as to_graph
from tidefall._api.autograph import trace as trace
from tidefall._api.compat.v1.autograph import experimental as experimental

