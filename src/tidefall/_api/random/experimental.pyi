# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.random.experimental`."""

import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.random import Algorithm as Algorithm
from tidefall._api.random import Generator as Generator
from tidefall._api.random import create_rng_state as create_rng_state
from tidefall._api.random import get_global_generator as get_global_generator
from tidefall._api.random import set_global_generator as set_global_generator
from typing import Any

def index_shuffle(index: TensorLike, seed: TensorLike, max_index: Any) -> tf.Tensor:
    """Where an index of `0..max_index` goes in a random order of them."""
stateless_fold_in = tf.random.fold_in
def stateless_shuffle(value: TensorLike, seed: TensorLike, alg: Any = 'auto_select', name: str | None = None) -> tf.Tensor:
    """Put a tensor's rows in an order that depends on the seed alone."""
stateless_split = tf.random.split
