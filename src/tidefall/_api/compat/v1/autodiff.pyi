# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.autodiff`."""

from tidefall import GradientTape as GradientTape
from tidefall._api.autodiff import ForwardAccumulator as ForwardAccumulator

