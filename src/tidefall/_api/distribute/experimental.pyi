# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.experimental`."""

from tidefall._api.distribute import ParameterServerStrategy as ParameterServerStrategy

