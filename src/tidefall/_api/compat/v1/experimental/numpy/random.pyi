# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental.numpy.random`."""

from tidefall._api.experimental.numpy.random import poisson as poisson
from tidefall._api.experimental.numpy.random import rand as rand
from tidefall._api.experimental.numpy.random import randint as randint
from tidefall._api.experimental.numpy.random import randn as randn
from tidefall._api.experimental.numpy.random import random as random
from tidefall._api.experimental.numpy.random import seed as seed
from tidefall._api.experimental.numpy.random import standard_normal as standard_normal
from tidefall._api.experimental.numpy.random import uniform as uniform

