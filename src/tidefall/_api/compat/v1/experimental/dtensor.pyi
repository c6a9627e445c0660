# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental.dtensor`."""

import tidefall as tf
from tidefall._api.experimental.dtensor import DTensorCheckpoint as DTensorCheckpoint
from tidefall._api.experimental.dtensor import DTensorDataset as DTensorDataset
from tidefall._api.experimental.dtensor import DVariable as DVariable
from tidefall._api.experimental.dtensor import Layout as Layout
from tidefall._api.experimental.dtensor import Mesh as Mesh
from tidefall._api.experimental.dtensor import barrier as barrier
from tidefall._api.experimental.dtensor import call_with_layout as call_with_layout
from tidefall._api.experimental.dtensor import check_layout as check_layout
from tidefall._api.experimental.dtensor import client_id as client_id
from tidefall._api.experimental.dtensor import copy_to_mesh as copy_to_mesh
from tidefall._api.experimental.dtensor import create_distributed_mesh as create_distributed_mesh
from tidefall._api.experimental.dtensor import create_mesh as create_mesh
from tidefall._api.experimental.dtensor import create_tpu_mesh as create_tpu_mesh
from tidefall._api.experimental.dtensor import default_mesh as default_mesh
from tidefall._api.experimental.dtensor import device_name as device_name
from tidefall._api.experimental.dtensor import enable_save_as_bf16 as enable_save_as_bf16
from tidefall._api.experimental.dtensor import fetch_layout as fetch_layout
from tidefall._api.experimental.dtensor import full_job_name as full_job_name
from tidefall._api.experimental.dtensor import get_default_mesh as get_default_mesh
from tidefall._api.experimental.dtensor import heartbeat_enabled as heartbeat_enabled
from tidefall._api.experimental.dtensor import initialize_accelerator_system as initialize_accelerator_system
from tidefall._api.experimental.dtensor import is_dtensor as is_dtensor
from tidefall._api.experimental.dtensor import job_name as job_name
from tidefall._api.experimental.dtensor import jobs as jobs
from tidefall._api.experimental.dtensor import local_devices as local_devices
from tidefall._api.experimental.dtensor import name_based_restore as name_based_restore
from tidefall._api.experimental.dtensor import name_based_save as name_based_save
from tidefall._api.experimental.dtensor import num_clients as num_clients
from tidefall._api.experimental.dtensor import num_global_devices as num_global_devices
from tidefall._api.experimental.dtensor import num_local_devices as num_local_devices
from tidefall._api.experimental.dtensor import pack as pack
from tidefall._api.experimental.dtensor import preferred_device_type as preferred_device_type
from tidefall._api.experimental.dtensor import relayout as relayout
from tidefall._api.experimental.dtensor import relayout_like as relayout_like
from tidefall._api.experimental.dtensor import run_on as run_on
from tidefall._api.experimental.dtensor import sharded_save as sharded_save
from tidefall._api.experimental.dtensor import shutdown_accelerator_system as shutdown_accelerator_system
from tidefall._api.experimental.dtensor import unpack as unpack

MATCH: str
UNSHARDED: str
initialize_multi_client = tf.experimental.dtensor.initialize_accelerator_system
initialize_tpu_system = tf.experimental.dtensor.initialize_accelerator_system
shutdown_tpu_system = tf.experimental.dtensor.shutdown_accelerator_system
