# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.types.experimental`."""

import tidefall as tf
from tidefall._api.compat.v1.types.experimental import distributed as distributed
from tidefall._api.types.experimental import AtomicFunction as AtomicFunction
from tidefall._api.types.experimental import Callable as Callable
from tidefall._api.types.experimental import ConcreteFunction as ConcreteFunction
from tidefall._api.types.experimental import FunctionType as FunctionType
from tidefall._api.types.experimental import GenericFunction as GenericFunction
from tidefall._api.types.experimental import SupportsTracingProtocol as SupportsTracingProtocol
from tidefall._api.types.experimental import TensorLike as TensorLike
from tidefall._api.types.experimental import TraceType as TraceType

PolymorphicFunction = tf.types.experimental.GenericFunction
