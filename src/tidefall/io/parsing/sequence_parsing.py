"""`tf.io.parse_sequence_example` and `tf.io.parse_single_sequence_example`."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.io.parsing.feature_plan import (
    Plan,
    collect_parsed,
    gather_results,
    key_tensor,
    make_plan,
)
from tidefall.io.parsing.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    VarLenFeature,
)
from tidefall.io.parsing.ragged_features import ragged_feature
from tidefall.io.parsing.sequence_example_ops import parse_sequence_example_v2_op
from tidefall.tensor.conversion import convert_to_tensor

_CONTEXT = (VarLenFeature, FixedLenFeature, RaggedFeature)
_SEQUENCE = (VarLenFeature, FixedLenSequenceFeature, RaggedFeature)


def _parse(
    serialized: Any, context: Any, sequences: Any, names: Any, name: str | None
) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    context, sequences = dict(context or {}), dict(sequences or {})
    _check_defaults(sequences)
    plan, lists = make_plan(context, _CONTEXT), make_plan(sequences, _SEQUENCE)
    rank = serialized.shape.rank
    if rank is None and (plan.ragged or lists.ragged):
        raise ValueError("serialized must have statically-known rank to parse ragged features.")
    out = parse_sequence_example_v2_op(
        serialized,
        key_tensor([]) if names is None else convert_to_tensor(names, dtypes.string),
        key_tensor(plan.sparse),
        key_tensor(plan.dense),
        key_tensor(plan.ragged),
        key_tensor(lists.sparse),
        key_tensor(lists.dense),
        key_tensor(lists.ragged),
        convert_to_tensor([key in lists.missing for key in lists.dense], dtypes.bool),
        plan.defaults,
        Ncontext_sparse=len(plan.sparse),
        Tcontext_dense=plan.dense_types,
        context_sparse_types=plan.sparse_types,
        context_ragged_value_types=plan.ragged_types,
        context_ragged_split_types=plan.split_types,
        context_dense_shapes=plan.dense_shapes,
        Nfeature_list_sparse=len(lists.sparse),
        Nfeature_list_dense=len(lists.dense),
        feature_list_sparse_types=lists.sparse_types,
        feature_list_dense_types=lists.dense_types,
        # What a plan says of a sequence starts with the number of steps.
        feature_list_dense_shapes=[shape[1:] for shape in lists.dense_shapes],
        feature_list_ragged_value_types=lists.ragged_types,
        feature_list_ragged_split_types=lists.split_types,
        name=name or "ParseSequenceExample",
    )
    found = gather_results(context, collect_parsed(plan, out[:3], out[3], out[4:6]))
    parsed = _collect_lists(sequences, lists, out[6:9], out[9], out[11:14], rank == 0)
    return found, parsed, dict(zip(lists.dense, out[10], strict=True))


def _check_defaults(sequences: dict[Any, Any]) -> None:
    for key, feature in sequences.items():
        if isinstance(feature, FixedLenSequenceFeature) and feature.default_value is not None:
            raise ValueError(
                f"The default_value of sequence feature {key!r} must be None, not "
                f"{feature.default_value!r}: sequences are padded with 0 or ''."
            )


def _collect_lists(
    features: dict[Any, Any], plan: Plan, sparse: Any, dense: Any, ragged: Any, single: bool
) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, parts in zip(plan.sparse, zip(*sparse, strict=True), strict=True):
        found[key] = SparseTensor(*parts)
    found.update(zip(plan.dense, dense, strict=True))
    steps, outer = {}, {}
    for key, (values, splits, inner) in zip(plan.ragged, zip(*ragged, strict=True), strict=True):
        steps[key] = RaggedTensor.from_row_splits(values, inner, validate=False)
        outer[key] = splits
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, RaggedFeature):
            rows = ragged_feature(key, feature, steps)
            splits = outer[key if feature.value_key is None else feature.value_key]
            found[key] = (
                rows if single else RaggedTensor.from_row_splits(rows, splits, validate=False)
            )
    return found


@export("io.parse_sequence_example", "compat.v1.io.parse_sequence_example")
def parse_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    """Parse serialized `tf.train.SequenceExample` messages into tensors.

    Args:
        serialized: string tensor `[batch]`, or () for a single one.
        context_features: dict of keys and `tf.io.FixedLenFeature`, `VarLenFeature` or
            `RaggedFeature`, for what an example says once.
        sequence_features: dict of keys and `tf.io.FixedLenSequenceFeature`, `VarLenFeature` or
            `RaggedFeature`, for what it says for each of its steps.
        example_names: string tensor `[batch]`: what errors call the examples.
        name: name of the node in a graph.

    Returns:
        Three dicts. Context tensors, as `tf.io.parse_example` gives them. Sequence tensors: dense
        ones `[batch, steps, ...]`, filled up with 0 or "", sparse ones `[batch, steps, values]`,
        ragged ones `[batch, (steps), (values)]`. And for each dense sequence how many steps each
        example has, int64 `[batch]`.

    Raises:
        ValueError: if there are no features, or for features that do not belong there.
        InvalidArgumentError: naming the example and the feature, if bytes are not a
            SequenceExample, or a feature does not fit or is required and not there.

    >>> import tidefall as tf
    >>> message = tf.train.SequenceExample()
    >>> for word in ([3], [5, 6]):
    ...     step = message.feature_lists.feature_list["words"].feature.add()
    ...     step.int64_list.value.extend(word)
    >>> features = {"words": tf.io.RaggedFeature(tf.int64)}
    >>> _, words, _ = tf.io.parse_sequence_example([message.SerializeToString()], None, features)
    >>> words["words"].to_list()
    [[[3], [5, 6]]]
    """
    if not (context_features or sequence_features):
        raise ValueError(
            "Both `context_features` and `sequence_features` are missing; give at least one."
        )
    serialized = convert_to_tensor(serialized, dtypes.string)
    return _parse(serialized, context_features, sequence_features, example_names, name)


@export(
    "io.parse_single_sequence_example",
    "compat.v1.io.parse_single_sequence_example",
    "compat.v1.parse_single_sequence_example",
)
def parse_single_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Parse one serialized `tf.train.SequenceExample` message into tensors.

    Args:
        serialized: string tensor of shape ().
        context_features, sequence_features: as for `tf.io.parse_sequence_example`.
        example_name: string tensor of shape (): what errors call the example.
        name: name of the node in a graph.

    Returns:
        Two dicts, of context tensors and of sequence tensors `[steps, ...]`.

    Raises:
        ValueError: if there are no features, for features that do not belong there, or a batch.
        InvalidArgumentError: naming the feature, if the bytes are not a SequenceExample, or a
            feature does not fit or is required and not there.

    >>> import tidefall as tf
    >>> message = tf.train.SequenceExample()
    >>> for x in (0.5, 1.5):
    ...     step = message.feature_lists.feature_list["x"].feature.add()
    ...     step.float_list.value.append(x)
    >>> features = {"x": tf.io.FixedLenSequenceFeature([], tf.float32)}
    >>> serialized = message.SerializeToString()
    >>> tf.io.parse_single_sequence_example(serialized, None, features)[1]["x"].numpy()
    array([0.5, 1.5], dtype=float32)
    """
    if not (context_features or sequence_features):
        raise ValueError(
            "Both `context_features` and `sequence_features` are missing; give at least one."
        )
    serialized = convert_to_tensor(serialized, dtypes.string)
    if serialized.shape.rank not in (None, 0):
        raise ValueError(f"Input serialized must be a scalar, not of shape {serialized.shape}.")
    serialized.set_shape([])
    found = _parse(serialized, context_features, sequence_features, example_name, name)
    return found[0], found[1]
