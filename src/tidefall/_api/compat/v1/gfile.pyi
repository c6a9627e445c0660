# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.gfile`."""

import tidefall as tf
from tidefall._api.io.gfile import GFile as GFile

Open = tf.io.gfile.GFile
