"""`tf.io.parse_example` and `tf.io.parse_single_example`."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.io.parsing.example_ops import parse_example_v2_op
from tidefall.io.parsing.feature_plan import collect_parsed, gather_results, key_tensor, make_plan
from tidefall.io.parsing.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
)
from tidefall.tensor.conversion import convert_to_tensor

_FEATURES = (
    VarLenFeature,
    SparseFeature,
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
)


def _parse(serialized: Any, names: Any, features: Any, name: str | None) -> dict[Any, Any]:
    features = dict(features)
    _check_sequences(features)
    plan = make_plan(features, _FEATURES)
    if plan.ragged and serialized.shape.rank is None:
        raise ValueError("serialized must have statically-known rank to parse ragged features.")
    found = parse_example_v2_op(
        serialized,
        key_tensor([]) if names is None else convert_to_tensor(names, dtypes.string),
        key_tensor(plan.sparse),
        key_tensor(plan.dense),
        key_tensor(plan.ragged),
        plan.defaults,
        num_sparse=len(plan.sparse),
        sparse_types=plan.sparse_types,
        ragged_value_types=plan.ragged_types,
        ragged_split_types=plan.split_types,
        dense_shapes=plan.dense_shapes,
        name=name or "ParseExample",
    )
    sparse, dense, ragged = found[:3], found[3], found[4:]
    return gather_results(features, collect_parsed(plan, sparse, dense, ragged))


def _check_sequences(features: dict[Any, Any]) -> None:
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature) and not feature.allow_missing:
            raise ValueError(
                f"FixedLenSequenceFeature requires allow_missing to be True; see feature {key!r}."
            )


@export("io.parse_example")
def parse_example(
    serialized: Any, features: Any, example_names: Any = None, name: str | None = None
) -> dict[Any, Any]:
    """Parse serialized `tf.train.Example` messages into tensors.

    Args:
        serialized: string tensor `[batch]`, or () for a single example.
        features: dict of keys and what is wanted of them: `tf.io.VarLenFeature` and
            `tf.io.SparseFeature` give a SparseTensor `[batch, ...]`, `tf.io.RaggedFeature` a
            RaggedTensor, `tf.io.FixedLenFeature` and `tf.io.FixedLenSequenceFeature` a tensor
            `[batch, ...]`; without `batch` for a single example.
        example_names: string tensor `[batch]`: what errors call the examples.
        name: name of the node in a graph.

    Returns:
        A dict of tensors of the dtypes of the features.

    Raises:
        ValueError: for features without dtype or shape, or that exclude each other.
        InvalidArgumentError: naming the example and the feature, if bytes are not an Example, a
            feature has another kind or number of values, or is required and not there.

    >>> import tidefall as tf
    >>> value = tf.train.Feature(int64_list=tf.train.Int64List(value=[3, 5]))
    >>> example = tf.train.Example(features=tf.train.Features(feature={"n": value}))
    >>> serialized = [example.SerializeToString(), b""]
    >>> tf.io.parse_example(serialized, {"n": tf.io.RaggedFeature(tf.int64)})["n"].to_list()
    [[3, 5], []]
    >>> feature = tf.io.FixedLenFeature([2], tf.int64, default_value=[0, 0])
    >>> tf.io.parse_example(serialized, {"n": feature})["n"].numpy()
    array([[3, 5],
           [0, 0]])
    """
    if not features:
        raise ValueError(f"Argument `features` cannot be None or falsy. Got {features}")
    return _parse(convert_to_tensor(serialized, dtypes.string), example_names, features, name)


@export("io.parse_single_example")
def parse_single_example(
    serialized: Any, features: Any, example_names: Any = None, name: str | None = None
) -> dict[Any, Any]:
    """Parse one serialized `tf.train.Example` message into tensors.

    Args:
        serialized: string tensor of shape ().
        features: dict of keys and features, as for `tf.io.parse_example`.
        example_names: string tensor of shape (): what errors call the example.
        name: name of the node in a graph.

    Returns:
        A dict of tensors: for dense features of their shape, for sparse ones SparseTensors
        `[values]`.

    Raises:
        ValueError: for features without dtype or shape, that exclude each other, or a batch.
        InvalidArgumentError: naming the feature, if the bytes are not an Example, or a feature has
            another kind or number of values, or is required and not there.

    >>> import tidefall as tf
    >>> value = tf.train.Feature(float_list=tf.train.FloatList(value=[0.5]))
    >>> example = tf.train.Example(features=tf.train.Features(feature={"x": value}))
    >>> serialized = example.SerializeToString()
    >>> tf.io.parse_single_example(serialized, {"x": tf.io.FixedLenFeature([], tf.float32)})
    {'x': <tf.Tensor: shape=(), dtype=float32, numpy=0.5>}
    """
    if not features:
        raise ValueError("Invalid argument: features cannot be None.")
    serialized = convert_to_tensor(serialized, dtypes.string)
    if serialized.shape.rank not in (None, 0):
        raise ValueError(f"Input serialized must be a scalar, not of shape {serialized.shape}.")
    serialized.set_shape([])
    return _parse(serialized, example_names, features, name)


@export("compat.v1.parse_example", "compat.v1.io.parse_example")
def parse_example_v1(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[Any, Any]:
    """`tf.io.parse_example` with TensorFlow 1's order of arguments.

    >>> import tidefall as tf
    >>> feature = tf.io.FixedLenFeature([], tf.float32, default_value=1.5)
    >>> tf.compat.v1.parse_example([b""], {"x": feature})["x"].numpy()
    array([1.5], dtype=float32)
    """
    return parse_example(serialized, features, example_names, name)


@export("compat.v1.parse_single_example", "compat.v1.io.parse_single_example")
def parse_single_example_v1(
    serialized: Any, features: Any, name: str | None = None, example_names: Any = None
) -> dict[Any, Any]:
    """`tf.io.parse_single_example` with TensorFlow 1's order of arguments.

    >>> import tidefall as tf
    >>> feature = tf.io.FixedLenFeature([], tf.float32, default_value=1.5)
    >>> tf.compat.v1.parse_single_example(b"", {"x": feature})["x"].numpy()
    np.float32(1.5)
    """
    return parse_single_example(serialized, features, example_names, name)
