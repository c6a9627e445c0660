# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.dtypes.experimental`."""

import tidefall as tf

float4_e2m1fn: tf.DType
float8_e4m3b11fnuz: tf.DType
float8_e4m3fn: tf.DType
float8_e4m3fnuz: tf.DType
float8_e5m2: tf.DType
float8_e5m2fnuz: tf.DType
int2: tf.DType
int4: tf.DType
uint2: tf.DType
uint4: tf.DType
