# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.random.experimental`."""

import tidefall as tf
from tidefall._api.random import Algorithm as Algorithm
from tidefall._api.random import Generator as Generator
from tidefall._api.random import create_rng_state as create_rng_state
from tidefall._api.random import get_global_generator as get_global_generator
from tidefall._api.random import set_global_generator as set_global_generator
from tidefall._api.random.experimental import index_shuffle as index_shuffle
from tidefall._api.random.experimental import stateless_shuffle as stateless_shuffle

stateless_fold_in = tf.random.fold_in
stateless_split = tf.random.split
