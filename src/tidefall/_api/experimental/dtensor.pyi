# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental.dtensor`."""

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import numpy as np
import tidefall as tf
from tidefall._api._types import DTensor
from tidefall._api._types import DTypeLike
from tidefall._api._types import LayoutType
from tidefall._api._types import MeshDimension
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from typing import Any

class DTensorCheckpoint(tf.train.Checkpoint):
    """A checkpoint of objects with variables on a mesh."""
    def __init__(self, mesh: tf.experimental.dtensor.Mesh, root: Any = None, **kwargs: Any) -> None: ...
class DTensorDataset(tf.data.Dataset):
    """The batches of a dataset as DTensors. It is there to be iterated, not to be transformed."""
    def __init__(self, dataset: Any, *, mesh: tf.experimental.dtensor.Mesh, layouts: Any, global_batch_size: int, dataset_already_batched: bool = False, batch_dim: str | None = None, prefetch: int | None = None, tf_data_service_config: Any = None) -> None: ...
    @property
    def element_spec(self) -> Any:
        """The type specs of a batch, over all devices."""
    def __iter__(self) -> Iterator[Any]: ...
class DVariable(tf.Variable):
    """A variable on the mesh, and with the layout, of its initial value."""
    layout: tf.experimental.dtensor.Layout
    handle: Any
    def __init__(self, initial_value: Any, *args: Any, dtype: DTypeLike | None = None, **kwargs: Any) -> None: ...
    @property
    def save_as_bf16(self) -> bool:
        """Whether a float32 value is saved as bfloat16."""
    @save_as_bf16.setter
    def save_as_bf16(self, value: Any) -> None: ...
    def value(self) -> Any:
        """The current value as a DTensor."""
    def numpy(self) -> Any:
        """A copy of the current value, if each device has it whole."""
    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value."""
    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value, one for each row of `indices` `[..., depth]`."""
    def assign(self, value: Any, use_locking: bool | None = None, name: str | None = None, read_value: bool = True) -> Any:
        """Set the value."""
class Layout:
    """How a tensor is divided over a mesh: for each of its dimensions a dimension of the mesh, or `UNSHARDED`."""
    def __init__(self, sharding_specs: Sequence[str], mesh: tf.experimental.dtensor.Mesh) -> None: ...
    @classmethod
    def replicated(cls, mesh: tf.experimental.dtensor.Mesh, rank: int) -> tf.experimental.dtensor.Layout:
        """The layout of a tensor that is whole on each device."""
    @classmethod
    def batch_sharded(cls, mesh: tf.experimental.dtensor.Mesh, batch_dim: str, rank: int, axis: int = 0) -> tf.experimental.dtensor.Layout:
        """The layout of a tensor that is divided along one dimension, by default the first."""
    @classmethod
    def inner_sharded(cls, mesh: tf.experimental.dtensor.Mesh, inner_dim: str, rank: int) -> tf.experimental.dtensor.Layout:
        """The layout of a tensor that is divided along its last dimension."""
    @classmethod
    def from_single_device_mesh(cls, mesh: tf.experimental.dtensor.Mesh) -> tf.experimental.dtensor.Layout:
        """The layout of a tensor on the device of a mesh made by `Mesh.from_device`."""
    @classmethod
    def from_device(cls, device: str) -> tf.experimental.dtensor.Layout:
        """The layout of a tensor on one device."""
    @classmethod
    def from_proto(cls, layout_proto: Any) -> tf.experimental.dtensor.Layout:
        """The layout that a LayoutProto describes."""
    @classmethod
    def from_string(cls, layout_str: str) -> tf.experimental.dtensor.Layout:
        """The layout that `to_string` gave the text of."""
    @property
    def mesh(self) -> tf.experimental.dtensor.Mesh: ...
    @property
    def type(self) -> LayoutType: ...
    @property
    def rank(self) -> int: ...
    @property
    def shape(self) -> list[int]:
        """The shape of the mesh."""
    @property
    def sharding_specs(self) -> list[str]: ...
    def num_shards(self, idx: int) -> int:
        """In how many parts a dimension of the tensor is divided."""
    def is_fully_replicated(self) -> bool:
        """Whether each device has the whole tensor."""
    def is_batch_parallel(self) -> bool:
        """Whether it divides the first dimension and no other."""
    def is_single_device(self) -> bool:
        """Whether it is that of a tensor on one device."""
    def delete(self, dims: Any) -> tf.experimental.dtensor.Layout:
        """The layout without some dimensions of the tensor: a number or a list of them."""
    def to_parted(self) -> tf.experimental.dtensor.Layout:
        """The same layout, marked as parted."""
    def local_shape_from_global_shape(self, global_shape: ShapeLike | None) -> tuple[int, ...]:
        """The shape of what one device has of a tensor of a shape."""
    def global_shape_from_local_shape(self, local_shape: ShapeLike | None) -> tuple[int, ...]:
        """The shape of a tensor of which one device has this much."""
    def offset_to_shard(self) -> list[tuple[int, ...]]:
        """For each device which part of the tensor it has, by its place among the parts."""
    def offset_tuple_to_global_index(self, offset_tuple: Sequence[int]) -> int:
        """The number of a part, given its place among the parts."""
    def to_string(self) -> str:
        """The layout as text, for `from_string`."""
    def as_proto(self) -> Any:
        """The layout as a LayoutProto."""
MATCH: str
class Mesh:
    """Devices in a grid with named dimensions."""
    def __init__(self, dim_names: Any, global_device_ids: np.ndarray, local_device_ids: list[int], local_devices: list[Any], mesh_name: str = '', global_devices: list[Any] | None = None, use_xla_spmd: bool = False) -> None: ...
    @classmethod
    def from_proto(cls, proto: Any) -> tf.experimental.dtensor.Mesh:
        """The mesh that a MeshProto describes."""
    @classmethod
    def from_string(cls, mesh_str: str) -> tf.experimental.dtensor.Mesh:
        """The mesh that `to_string` gave the text of."""
    @classmethod
    def from_device(cls, device: str) -> tf.experimental.dtensor.Mesh:
        """A mesh of one device, without dimensions."""
    @property
    def name(self) -> str: ...
    @property
    def dim_names(self) -> list[str]: ...
    @property
    def size(self) -> int:
        """How many devices it has."""
    @property
    def single_device(self) -> str:
        """The device of a mesh made by `from_device`, else an empty text."""
    @property
    def strides(self) -> list[int]:
        """How far apart the numbers of neighbours along each dimension are."""
    def shape(self) -> list[int]:
        """The sizes of the dimensions."""
    def num_local_devices(self) -> int:
        """How many devices of this process it has."""
    def device_type(self) -> str:
        """The type of its devices, such as "CPU"."""
    def local_device_ids(self) -> list[int]:
        """The numbers of the devices of this process."""
    def local_devices(self) -> list[str]:
        """The names of the devices of this process."""
    def global_devices(self) -> list[str]:
        """The names of all devices, if they were given."""
    def global_device_ids(self) -> np.ndarray:
        """The numbers of all devices, in the mesh's shape."""
    def min_global_device_id(self) -> int:
        """The smallest number of a device."""
    def use_xla_spmd(self) -> bool:
        """Whether XLA divides programs; for TPUs."""
    def is_remote(self) -> bool:
        """Whether none of its devices is of this process."""
    def is_single_device(self) -> bool:
        """Whether it was made by `from_device`."""
    def contains_dim(self, dim_name: str) -> bool:
        """Whether it has a dimension of that name."""
    def __contains__(self, dim_name: str) -> bool: ...
    def dim_size(self, dim_name: str) -> int:
        """How many devices lie along a dimension."""
    def __getitem__(self, dim_name: str) -> MeshDimension: ...
    def device_location(self, device_id: int) -> list[int]:
        """The place of a device: its index along each dimension."""
    def coords(self, device_idx: Any) -> tf.Tensor:
        """The place of the device with an index, as a tensor."""
    def unravel_index(self) -> dict[int, dict[str, int]]:
        """The place of each device by its number: index by name of dimension."""
    def local_device_locations(self) -> list[dict[str, int]]:
        """The places of the devices of this process."""
    def host_mesh(self) -> tf.experimental.dtensor.Mesh:
        """The same grid of CPUs."""
    @property
    def jax_mesh(self) -> Any:
        """The mesh of jax's devices, a `jax.sharding.Mesh`."""
    @jax_mesh.setter
    def jax_mesh(self, value: Any) -> None: ...
    def to_string(self) -> str:
        """The mesh as text, for `from_string`."""
    def as_proto(self) -> Any:
        """The mesh as a MeshProto."""
UNSHARDED: str
def barrier(mesh: tf.experimental.dtensor.Mesh, barrier_name: str | None = None, timeout_in_ms: int | None = None) -> None:
    """Wait until all devices of a mesh have done what they were given."""
def call_with_layout(fn: Callable[..., Any], layout: tf.experimental.dtensor.Layout | None, *args: Any, **kwargs: Any) -> Any:
    """Call a function so that what it makes has a layout."""
def check_layout(tensor: Any, layout: tf.experimental.dtensor.Layout) -> None:
    """Raise ValueError unless a DTensor has a layout."""
def client_id() -> int:
    """The number of this client, from DTENSOR_CLIENT_ID; 0 by default."""
def copy_to_mesh(tensor: Any, layout: tf.experimental.dtensor.Layout, source_layout: tf.experimental.dtensor.Layout | None = None) -> Any:
    """Put a plain tensor on a mesh; see `relayout`."""
def create_distributed_mesh(mesh_dims: Any, mesh_name: str = '', local_devices: list[Any] | None = None, device_type: str | None = None, use_xla_spmd: bool = False) -> tf.experimental.dtensor.Mesh:
    """Make a mesh of the devices of all clients; in Tidefall there is one."""
def create_mesh(mesh_dims: Any = None, mesh_name: str = '', devices: list[Any] | None = None, device_type: str | None = None, use_xla_spmd: bool = False) -> tf.experimental.dtensor.Mesh:
    """Make a mesh of devices of this process."""
def create_tpu_mesh(mesh_dim_names: list[str], mesh_shape: list[int], mesh_name: str, ring_dims: int | None = None, ring_axes: list[str] | None = None, ring_bounds: list[int] | None = None, can_split_host_across_rings: bool = True, build_ring_across_rings: bool = False, rotate_ring_across_rings: bool = False, use_xla_spmd: bool = False) -> tf.experimental.dtensor.Mesh:
    """Make a mesh of TPUs; not implemented."""
def default_mesh(mesh: tf.experimental.dtensor.Mesh) -> Any:
    """Run the ops and functions in a block on a mesh, also those that take no DTensor."""
def device_name() -> str:
    """The name of the device that DTensors say they are on."""
def enable_save_as_bf16(variables: Sequence[Any]) -> None:
    """Have the float32 variables on meshes among some saved as bfloat16 from now on."""
def fetch_layout(tensor: TensorLike | None) -> tf.experimental.dtensor.Layout | None:
    """The layout of a DTensor or a variable on a mesh."""
def full_job_name(task_id: int | None = None) -> str:
    """The name of a client in full."""
def get_default_mesh() -> tf.experimental.dtensor.Mesh | None:
    """The mesh of the `default_mesh` block around the call, or None."""
def heartbeat_enabled() -> bool:
    """Whether clients are to watch each other, from DTENSOR_ENABLE_HEARTBEAT."""
def initialize_accelerator_system(device_type: str | None = None, enable_coordination_service: bool = True, num_logical_cpu_devices: int | None = None, experimental_reset_context: bool = False, experimental_enable_megcore: bool = False) -> str:
    """Start the devices for meshes, before anything else is computed."""
initialize_multi_client = tf.experimental.dtensor.initialize_accelerator_system
initialize_tpu_system = tf.experimental.dtensor.initialize_accelerator_system
def is_dtensor(tensor: Any) -> bool:
    """Whether something is a DTensor, or a variable on a mesh."""
def job_name() -> str:
    """The job that all clients are tasks of, from DTENSOR_JOB_NAME."""
def jobs() -> list[str]:
    """The addresses of all clients, from DTENSOR_JOBS; none if there is only this process."""
def local_devices(device_type: str, for_client_id: int | None = None) -> list[tf.DeviceSpec]:
    """The devices of a client."""
def name_based_restore(mesh: tf.experimental.dtensor.Mesh, checkpoint_prefix: str, name_tensor_dict: Mapping[str, Any]) -> OrderedDict[str, DTensor]:
    """Read DTensors from a checkpoint by name."""
def name_based_save(mesh: tf.experimental.dtensor.Mesh, checkpoint_prefix: Any, name_tensor_dict: Mapping[str, Any]) -> None:
    """Write DTensors to a checkpoint by name; see `sharded_save`."""
def num_clients() -> int:
    """How many clients there are."""
def num_global_devices(device_type: str) -> int:
    """How many devices of a type all clients have."""
def num_local_devices(device_type: str) -> int:
    """How many devices of a type this client has."""
def pack(tensors: Sequence[Any], layout: tf.experimental.dtensor.Layout) -> Any:
    """Make a DTensor of what is to lie on each device."""
def preferred_device_type() -> str:
    """The best type of device there is: "TPU", "GPU" or "CPU"."""
def relayout(tensor: Any, layout: tf.experimental.dtensor.Layout, name: str | None = None) -> Any:
    """Change the layout of a tensor."""
def relayout_like(tensor: Any, layout_tensor: TensorLike, name: str | None = None) -> tf.Tensor:
    """Change the layout of a tensor to that of another one."""
def run_on(mesh: tf.experimental.dtensor.Mesh) -> Any:
    """Old name of `default_mesh`."""
def sharded_save(mesh: tf.experimental.dtensor.Mesh, file_prefix: Any, tensor_names: Any, shape_and_slices: Any, tensors: Sequence[Any]) -> None:
    """Write tensors to a checkpoint by name."""
def shutdown_accelerator_system() -> None:
    """Stop the devices; tensors made until now are not to be used any more."""
shutdown_tpu_system = tf.experimental.dtensor.shutdown_accelerator_system
def unpack(tensor: Any) -> list[Any]:
    """What lies on each device of a DTensor."""
