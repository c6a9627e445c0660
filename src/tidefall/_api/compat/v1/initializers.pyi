# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.initializers`."""

import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import Initializer_
from tidefall._api._types import ShapeLike
from tidefall._api.compat.v1 import tables_initializer as tables_initializer
from typing import Any

constant = tf.compat.v1.constant_initializer
global_variables = tf.compat.v1.global_variables_initializer
glorot_normal = tf.compat.v1.glorot_normal_initializer
glorot_uniform = tf.compat.v1.glorot_uniform_initializer
def he_normal(seed: int | None = None) -> tf.compat.v1.variance_scaling_initializer:
    """An initialiser: variance scaling by 2.0 over the number of inputs."""
def he_uniform(seed: int | None = None) -> tf.compat.v1.variance_scaling_initializer:
    """An initialiser: variance scaling by 2.0 over the number of inputs."""
class identity(Initializer_):
    """A multiple of the identity matrix."""
    gain: float
    dtype: Any
    def __init__(self, gain: float = 1.0, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
def lecun_normal(seed: int | None = None) -> tf.compat.v1.variance_scaling_initializer:
    """An initialiser: variance scaling by 1.0 over the number of inputs."""
def lecun_uniform(seed: int | None = None) -> tf.compat.v1.variance_scaling_initializer:
    """An initialiser: variance scaling by 1.0 over the number of inputs."""
local_variables = tf.compat.v1.local_variables_initializer
ones = tf.compat.v1.ones_initializer
orthogonal = tf.compat.v1.orthogonal_initializer
random_normal = tf.compat.v1.random_normal_initializer
random_uniform = tf.compat.v1.random_uniform_initializer
truncated_normal = tf.compat.v1.truncated_normal_initializer
uniform_unit_scaling = tf.compat.v1.uniform_unit_scaling_initializer
variables = tf.compat.v1.variables_initializer
variance_scaling = tf.compat.v1.variance_scaling_initializer
zeros = tf.compat.v1.zeros_initializer
