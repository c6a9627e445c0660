# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.config`."""

import tidefall as tf
from tidefall._api.compat.v1.config import experimental as experimental
from tidefall._api.compat.v1.config import optimizer as optimizer
from tidefall._api.compat.v1.config import threading as threading
from tidefall._api.config import LogicalDevice as LogicalDevice
from tidefall._api.config import LogicalDeviceConfiguration as LogicalDeviceConfiguration
from tidefall._api.config import PhysicalDevice as PhysicalDevice
from tidefall._api.config import experimental_connect_to_cluster as experimental_connect_to_cluster
from tidefall._api.config import experimental_connect_to_host as experimental_connect_to_host
from tidefall._api.config import experimental_functions_run_eagerly as experimental_functions_run_eagerly
from tidefall._api.config import experimental_run_functions_eagerly as experimental_run_functions_eagerly
from tidefall._api.config import get_logical_device_configuration as get_logical_device_configuration
from tidefall._api.config import get_soft_device_placement as get_soft_device_placement
from tidefall._api.config import get_visible_devices as get_visible_devices
from tidefall._api.config import list_logical_devices as list_logical_devices
from tidefall._api.config import list_physical_devices as list_physical_devices
from tidefall._api.config import set_logical_device_configuration as set_logical_device_configuration
from tidefall._api.config import set_soft_device_placement as set_soft_device_placement
from tidefall._api.config import set_visible_devices as set_visible_devices

functions_run_eagerly = tf.config.experimental_functions_run_eagerly
run_functions_eagerly = tf.config.experimental_run_functions_eagerly
