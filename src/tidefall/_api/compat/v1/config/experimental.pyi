# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.config.experimental`."""

import tidefall as tf
from tidefall._api.config import get_visible_devices as get_visible_devices
from tidefall._api.config import list_logical_devices as list_logical_devices
from tidefall._api.config import list_physical_devices as list_physical_devices
from tidefall._api.config import set_visible_devices as set_visible_devices
from tidefall._api.config.experimental import ClusterDeviceFilters as ClusterDeviceFilters
from tidefall._api.config.experimental import disable_mlir_bridge as disable_mlir_bridge
from tidefall._api.config.experimental import enable_mlir_bridge as enable_mlir_bridge
from tidefall._api.config.experimental import enable_op_determinism as enable_op_determinism
from tidefall._api.config.experimental import enable_tensor_float_32_execution as enable_tensor_float_32_execution
from tidefall._api.config.experimental import get_device_details as get_device_details
from tidefall._api.config.experimental import get_device_policy as get_device_policy
from tidefall._api.config.experimental import get_execution_tier as get_execution_tier
from tidefall._api.config.experimental import get_memory_growth as get_memory_growth
from tidefall._api.config.experimental import get_memory_info as get_memory_info
from tidefall._api.config.experimental import get_memory_usage as get_memory_usage
from tidefall._api.config.experimental import get_synchronous_execution as get_synchronous_execution
from tidefall._api.config.experimental import reset_memory_stats as reset_memory_stats
from tidefall._api.config.experimental import set_device_policy as set_device_policy
from tidefall._api.config.experimental import set_execution_tier as set_execution_tier
from tidefall._api.config.experimental import set_memory_growth as set_memory_growth
from tidefall._api.config.experimental import set_synchronous_execution as set_synchronous_execution
from tidefall._api.config.experimental import tensor_float_32_execution_enabled as tensor_float_32_execution_enabled

VirtualDeviceConfiguration = tf.config.LogicalDeviceConfiguration
get_virtual_device_configuration = tf.config.get_logical_device_configuration
set_virtual_device_configuration = tf.config.set_logical_device_configuration
