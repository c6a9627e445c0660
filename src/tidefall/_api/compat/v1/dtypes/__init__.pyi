# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.dtypes`."""

from tidefall import DType as DType
from tidefall import as_dtype as as_dtype
from tidefall import as_string as as_string
from tidefall import cast as cast
from tidefall import complex as complex
from tidefall import saturate_cast as saturate_cast
import tidefall as tf
from tidefall._api.compat.v1.dtypes import experimental as experimental

QUANTIZED_DTYPES: frozenset
bfloat16: tf.DType
bool: tf.DType
complex128: tf.DType
complex64: tf.DType
double: tf.DType
float16: tf.DType
float32: tf.DType
float64: tf.DType
half: tf.DType
int16: tf.DType
int32: tf.DType
int64: tf.DType
int8: tf.DType
qint16: tf.DType
qint32: tf.DType
qint8: tf.DType
quint16: tf.DType
quint8: tf.DType
resource: tf.DType
string: tf.DType
uint16: tf.DType
uint32: tf.DType
uint64: tf.DType
uint8: tf.DType
variant: tf.DType
