# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.profiler.experimental`."""

from tidefall._api.profiler.experimental import Profile as Profile
from tidefall._api.profiler.experimental import ProfilerOptions as ProfilerOptions
from tidefall._api.profiler.experimental import Trace as Trace
from tidefall._api.profiler.experimental import start as start
from tidefall._api.profiler.experimental import stop as stop

