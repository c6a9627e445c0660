# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute.experimental`."""

from tidefall._api.distribute import ParameterServerStrategy as ParameterServerStrategy

