# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental`."""

import tidefall as tf
from tidefall._api.compat.v1.experimental import dlpack as dlpack
from tidefall._api.compat.v1.experimental import dtensor as dtensor
from tidefall._api.compat.v1.experimental import extension_type as extension_type
from tidefall._api.compat.v1.experimental import numpy as numpy
from tidefall._api.data.experimental import Optional as Optional
from tidefall._api.experimental import BatchableExtensionType as BatchableExtensionType
from tidefall._api.experimental import DynamicRaggedShape as DynamicRaggedShape
from tidefall._api.experimental import ExtensionType as ExtensionType
from tidefall._api.experimental import ExtensionTypeBatchEncoder as ExtensionTypeBatchEncoder
from tidefall._api.experimental import ExtensionTypeSpec as ExtensionTypeSpec
from tidefall._api.experimental import RowPartition as RowPartition
from tidefall._api.experimental import StructuredTensor as StructuredTensor
from tidefall._api.experimental import async_clear_error as async_clear_error
from tidefall._api.experimental import async_scope as async_scope
from tidefall._api.experimental import dispatch_for_api as dispatch_for_api
from tidefall._api.experimental import dispatch_for_binary_elementwise_apis as dispatch_for_binary_elementwise_apis
from tidefall._api.experimental import dispatch_for_binary_elementwise_assert_apis as dispatch_for_binary_elementwise_assert_apis
from tidefall._api.experimental import dispatch_for_unary_elementwise_apis as dispatch_for_unary_elementwise_apis
from tidefall._api.experimental import enable_strict_mode as enable_strict_mode
from tidefall._api.experimental import function_executor_type as function_executor_type
from tidefall._api.experimental import register_filesystem_plugin as register_filesystem_plugin
from tidefall._api.experimental import unregister_dispatch_for as unregister_dispatch_for

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
