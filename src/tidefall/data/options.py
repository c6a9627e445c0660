"""`tf.data.Options`: how a dataset may be run; attributes are checked when they are set."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from tidefall.base.exports import export
from tidefall.proto import varint


@export("data.experimental.AutoShardPolicy")
class AutoShardPolicy(enum.IntEnum):
    """How a dataset is split between workers.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> by_element = tf.data.experimental.AutoShardPolicy.DATA
    >>> options.experimental_distribute.auto_shard_policy = by_element
    >>> dataset = tf.data.Dataset.range(3).with_options(options)
    >>> dataset.options().experimental_distribute.auto_shard_policy.name
    'DATA'
    """

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


@export("data.experimental.ExternalStatePolicy")
class ExternalStatePolicy(enum.Enum):
    """What to do about state outside of a pipeline when the pipeline is saved.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> policy = tf.data.experimental.ExternalStatePolicy.FAIL
    >>> options.experimental_external_state_policy = policy
    >>> tf.data.Dataset.range(3).with_options(options).options().experimental_external_state_policy
    <ExternalStatePolicy.FAIL: 2>
    """

    WARN = 0
    IGNORE = 1
    FAIL = 2


@export("data.experimental.AutotuneAlgorithm")
class AutotuneAlgorithm(enum.Enum):
    """How parallelism and buffer sizes are tuned.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.autotune.autotune_algorithm = tf.data.experimental.AutotuneAlgorithm.STAGE_BASED
    >>> options.autotune.autotune_algorithm.name
    'STAGE_BASED'
    """

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


Fields = dict[str, tuple[int, Any]]


class OptionsBase:
    """A fixed set of typed attributes, each None until it is set.

    `_fields` names them: the number of the field in TensorFlow's `Options` message, and the type.
    """

    _fields: ClassVar[Fields] = {}
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})

    def __getattr__(self, name: str) -> Any:
        if name not in self._fields:
            raise AttributeError(f"{type(self).__name__} has no option '{name}'.")
        return self._values.get(name, self._defaults.get(name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._fields:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        kind = self._fields[name][1]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(
                f'Property "{name}" must be of type {kind}, got: {value!r} (type: {type(value)})'
            )
        self._values[name] = value

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._fields})

    def _merge_in(self, other: OptionsBase) -> None:
        for name, value in other._values.items():
            mine = self._values.get(name)
            if isinstance(value, OptionsBase):
                merged = type(value)()
                if mine is not None:
                    merged._merge_in(mine)
                merged._merge_in(value)
                self._values[name] = merged
            else:
                self._values[name] = value


AnyOptions = TypeVar("AnyOptions", bound=OptionsBase)


def serialize_options(options: OptionsBase) -> bytes:
    """The options as TensorFlow's `Options` message, or the part of it they stand for."""
    by_number = sorted((number, name) for name, (number, _) in options._fields.items())
    return b"".join(_field(number, getattr(options, name)) for number, name in by_number)


def parse_options(kind: type[AnyOptions], data: bytes) -> AnyOptions:
    """The options in such a message; fields that are not known are left out."""
    options = kind()
    by_number = {number: (name, kind) for name, (number, kind) in kind._fields.items()}
    position = 0
    while position < len(data):
        tag, position = varint.decode(data, position)
        value: Any
        value, position = varint.decode(data, position)
        if tag & 7 == 2:
            value, position = data[position : position + value], position + value
        name, of = by_number.get(tag >> 3, ("", bool))
        if name:
            options._values[name] = _value(of, value, options._values.get(name))
    return options


def _value(kind: type, value: Any, before: Any) -> Any:
    """One field of a message as the option it stands for."""
    if issubclass(kind, OptionsBase):
        return parse_options(kind, value)
    if kind is list:
        return [*(before or []), value.decode()]
    if kind is str:
        return value.decode()
    return kind(value - 2**64 if value >= 2**63 else value)


def _field(number: int, value: Any) -> bytes:
    """One field of a message in protobuf's wire format; nothing for None."""
    if value is None:
        return b""
    if isinstance(value, list):
        return b"".join(_field(number, item) for item in value)
    if isinstance(value, OptionsBase | str):
        data = value.encode() if isinstance(value, str) else serialize_options(value)
        return varint.encode(number << 3 | 2) + varint.encode(len(data)) + data
    if value is AutoShardPolicy.AUTO:
        return b""  # the field that is not optional there: its default is not written
    plain = value.value if isinstance(value, enum.Enum) else int(value)
    return varint.encode(number << 3) + varint.encode(plain % 2**64)


@export("data.experimental.AutotuneOptions")
class AutotuneOptions(OptionsBase):
    """Options of autotuning: `enabled`, `cpu_budget`, `ram_budget` (bytes), ...

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.autotune.enabled = True
    >>> options.autotune.cpu_budget = 2
    >>> isinstance(options.autotune, tf.data.experimental.AutotuneOptions)
    True
    >>> tf.data.Dataset.range(3).with_options(options).options().autotune.cpu_budget
    2
    """

    _fields: ClassVar[Fields] = {
        "enabled": (1, bool),
        "cpu_budget": (2, int),
        "ram_budget": (3, int),
        "autotune_algorithm": (4, AutotuneAlgorithm),
        "initial_parallelism": (5, int),
        "min_parallelism": (6, int),
    }


@export("data.experimental.DistributeOptions")
class DistributeOptions(OptionsBase):
    """Options of distribution: `auto_shard_policy` and `num_devices`.

    >>> import tidefall as tf
    >>> distribute = tf.data.experimental.DistributeOptions()
    >>> distribute.auto_shard_policy.name
    'AUTO'
    >>> distribute.num_devices = 4
    >>> options = tf.data.Options()
    >>> options.experimental_distribute = distribute
    >>> options.experimental_distribute.num_devices
    4
    """

    _fields: ClassVar[Fields] = {"auto_shard_policy": (1, AutoShardPolicy), "num_devices": (2, int)}
    _defaults: ClassVar[dict[str, Any]] = {"auto_shard_policy": AutoShardPolicy.AUTO}


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(OptionsBase):
    """Which rewrites of a pipeline are allowed; results are the same either way.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.experimental_optimization = tf.data.experimental.OptimizationOptions()
    >>> options.experimental_optimization.map_fusion = False
    >>> dataset = tf.data.Dataset.range(3).map(lambda x: x + 1).map(lambda x: 2 * x)
    >>> [int(x) for x in dataset.with_options(options)]
    [2, 4, 6]
    """

    _fields: ClassVar[Fields] = {
        "apply_default_optimizations": (1, bool),
        "filter_fusion": (6, bool),
        "map_and_batch_fusion": (9, bool),
        "map_and_filter_fusion": (10, bool),
        "map_fusion": (11, bool),
        "map_parallelization": (12, bool),
        "noop_elimination": (14, bool),
        "parallel_batch": (15, bool),
        "shuffle_and_repeat_fusion": (17, bool),
        "filter_parallelization": (18, bool),
        "inject_prefetch": (19, bool),
        "seq_interleave_prefetch": (21, bool),
    }


@export("data.experimental.ServiceOptions")
class ServiceOptions(OptionsBase):
    """Options of the data service.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.experimental_service = tf.data.experimental.ServiceOptions()
    >>> options.experimental_service.pinned = True
    >>> options.experimental_service.pinned
    True
    """

    _fields: ClassVar[Fields] = {"pinned": (1, bool)}


@export("data.ThreadingOptions", "data.experimental.ThreadingOptions")
class ThreadingOptions(OptionsBase):
    """Options of threads: `max_intra_op_parallelism` and `private_threadpool_size`.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.threading = tf.data.ThreadingOptions()
    >>> options.threading.private_threadpool_size = 2
    >>> dataset = tf.data.Dataset.range(3).with_options(options)
    >>> dataset.options().threading.private_threadpool_size
    2
    """

    _fields: ClassVar[Fields] = {
        "max_intra_op_parallelism": (1, int),
        "private_threadpool_size": (2, int),
    }


@export("data.Options")
class Options(OptionsBase):
    """How a dataset may be run. Give it to `Dataset.with_options`.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.deterministic = False
    >>> options.threading.private_threadpool_size = 4
    >>> tf.data.Dataset.range(3).with_options(options).options().deterministic
    False
    """

    _fields: ClassVar[Fields] = {
        "deterministic": (1, bool),
        "experimental_distribute": (2, DistributeOptions),
        "experimental_optimization": (3, OptimizationOptions),
        "experimental_slack": (4, bool),
        "threading": (5, ThreadingOptions),
        "experimental_external_state_policy": (6, ExternalStatePolicy),
        "autotune": (7, AutotuneOptions),
        "experimental_symbolic_checkpoint": (8, bool),
        "experimental_warm_start": (9, bool),
        "dataset_name": (10, str),
        "framework_type": (11, list),
        "experimental_service": (12, ServiceOptions),
    }
    _old_names: ClassVar[dict[str, str]] = {
        "experimental_deterministic": "deterministic",
        "experimental_threading": "threading",
    }

    def __getattr__(self, name: str) -> Any:
        name = self._old_names.get(name, name)
        kind = self._fields.get(name, (0, None))[1]
        if kind is not None and issubclass(kind, OptionsBase) and name not in self._values:
            self._values[name] = kind()
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(self._old_names.get(name, name), value)

    def merge(self, options: Options) -> Options:
        """New options: these, with those set in `options` taking their place.

        Args:
            options: the options that win.
        """
        return merge_options([self, options])


def merge_options(all_options: Iterable[Options]) -> Options:
    """New options: those set in any of these; the last win."""
    result = Options()
    for options in all_options:
        result._merge_in(options)
    return result
