# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__`."""

from tidefall._api.__internal__ import CompositeTensor as CompositeTensor
from tidefall._api.__internal__ import EagerTensor as EagerTensor
from tidefall._api.__internal__ import FuncGraph as FuncGraph
from tidefall._api.compat.v1.__internal__ import distribute as distribute
from tidefall._api.compat.v1.__internal__ import function as function
from tidefall._api.compat.v1.__internal__ import nest as nest
from tidefall._api.compat.v1.__internal__ import smart_cond as smart_cond
from tidefall._api.compat.v1.__internal__ import tracking as tracking
from tidefall._api.compat.v1.__internal__ import types as types

