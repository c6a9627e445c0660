# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.python_io`."""

from tidefall._api.compat.v1.io import TFRecordCompressionType as TFRecordCompressionType
from tidefall._api.compat.v1.io import tf_record_iterator as tf_record_iterator
from tidefall._api.io import TFRecordOptions as TFRecordOptions
from tidefall._api.io import TFRecordWriter as TFRecordWriter

