# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.random`."""

import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import get_seed as get_seed
from tidefall._api.compat.v1 import multinomial as multinomial
from tidefall._api.compat.v1 import set_random_seed as set_random_seed
from tidefall._api.compat.v1.random import experimental as experimental
from tidefall._api.nn import all_candidate_sampler as all_candidate_sampler
from tidefall._api.nn import fixed_unigram_candidate_sampler as fixed_unigram_candidate_sampler
from tidefall._api.nn import learned_unigram_candidate_sampler as learned_unigram_candidate_sampler
from tidefall._api.random import Algorithm as Algorithm
from tidefall._api.random import Generator as Generator
from tidefall._api.random import categorical as categorical
from tidefall._api.random import create_rng_state as create_rng_state
from tidefall._api.random import fold_in as fold_in
from tidefall._api.random import gamma as gamma
from tidefall._api.random import get_global_generator as get_global_generator
from tidefall._api.random import log_uniform_candidate_sampler as log_uniform_candidate_sampler
from tidefall._api.random import normal as normal
from tidefall._api.random import set_global_generator as set_global_generator
from tidefall._api.random import set_seed as set_seed
from tidefall._api.random import shuffle as shuffle
from tidefall._api.random import split as split
from tidefall._api.random import stateless_binomial as stateless_binomial
from tidefall._api.random import stateless_categorical as stateless_categorical
from tidefall._api.random import stateless_gamma as stateless_gamma
from tidefall._api.random import stateless_normal as stateless_normal
from tidefall._api.random import stateless_parameterized_truncated_normal as stateless_parameterized_truncated_normal
from tidefall._api.random import stateless_poisson as stateless_poisson
from tidefall._api.random import stateless_truncated_normal as stateless_truncated_normal
from tidefall._api.random import stateless_uniform as stateless_uniform
from tidefall._api.random import truncated_normal as truncated_normal
from tidefall._api.random import uniform as uniform
from tidefall._api.random import uniform_candidate_sampler as uniform_candidate_sampler
from typing import Any

def poisson(lam: Any, shape: ShapeLike, dtype: DTypeLike = tf.float32, seed: int | None = None, name: str | None = None) -> tf.Tensor:
    """`tf.random.poisson` with TensorFlow 1's parameters."""
def stateless_multinomial(logits: TensorLike, num_samples: Any, seed: TensorLike, output_dtype: DTypeLike = 'int64', name: str | None = None) -> tf.Tensor:
    """`tf.random.stateless_categorical` by its old name."""
