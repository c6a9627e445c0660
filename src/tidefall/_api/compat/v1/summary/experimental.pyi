# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.summary.experimental`."""

from tidefall._api.summary.experimental import get_step as get_step
from tidefall._api.summary.experimental import set_step as set_step
from tidefall._api.summary.experimental import summary_scope as summary_scope
from tidefall._api.summary.experimental import write_raw_pb as write_raw_pb

