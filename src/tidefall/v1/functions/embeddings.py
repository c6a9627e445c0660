"""Embeddings of TensorFlow 1, whose tables may be divided in two ways."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.ops.nn import embedding, safe_embedding
from tidefall.ops.nn.candidates import losses
from tidefall.ops.nn.embedding import Alternating


def divided(params: Any, partition_strategy: str) -> Any:
    """A table of several pieces, as the strategy says where its rows are.

    Args:
        params: a tensor, a partitioned variable, or a list of pieces.
        partition_strategy: "mod": the first rows are the first ones of all pieces; "div": the rows
            of each piece follow those of the one before.

    Raises:
        ValueError: for another strategy of several pieces.
    """
    if hasattr(params, "_get_variable_list"):
        params = params._get_variable_list()
    if not isinstance(params, list | tuple) or len(params) < 2:
        return params
    if partition_strategy not in ("mod", "div"):
        raise ValueError(f"Unrecognized partition strategy: {partition_strategy}")
    return Alternating(params) if partition_strategy == "mod" else params


@export("compat.v1.nn.embedding_lookup")
def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Any:
    """Rows of an embedding table.

    Args:
        params: a tensor or variable `[rows, ...]`, a partitioned variable, or a list of pieces.
        ids: numbers of rows, of any shape.
        partition_strategy: which rows several pieces have: "mod" or "div", see `divided`.
        name: name scope of the nodes in a graph.
        validate_indices: accepted.
        max_norm: rows of a larger L2 norm are scaled down to it.

    Raises:
        ValueError: for another strategy.

    >>> import tidefall as tf
    >>> pieces = [tf.constant([[0.0], [2.0]]), tf.constant([[1.0], [3.0]])]
    >>> tf.compat.v1.nn.embedding_lookup(pieces, [0, 1, 2, 3]).numpy().ravel()
    array([0., 1., 2., 3.], dtype=float32)
    """
    return embedding.embedding_lookup(divided(params, partition_strategy), ids, max_norm, name)


@export("compat.v1.nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Sums or means of rows of an embedding table; see `tf.nn.embedding_lookup_sparse`.

    Args:
        params: a tensor or variable `[rows, ...]`, a partitioned variable, or a list of pieces.
        sp_ids, sp_weights, combiner, max_norm: as there.
        partition_strategy: which rows several pieces have: "mod" or "div", see `divided`.
        name: name scope of the nodes in a graph.
        allow_fast_lookup: accepted.
    """
    table = divided(params, partition_strategy)
    return embedding.embedding_lookup_sparse(table, sp_ids, sp_weights, combiner, max_norm, name)


@export("compat.v1.nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = "mean",
    default_id: Any = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Sums or means of rows, of which some may be empty; see `tf.nn.safe_embedding_lookup_sparse`.

    Args:
        embedding_weights: a tensor or variable, a partitioned variable, or a list of pieces.
        sparse_ids, sparse_weights, combiner, default_id, max_norm: as there.
        name: name scope of the nodes in a graph.
        partition_strategy: which rows several pieces have: "mod" or "div", see `divided`.
        allow_fast_lookup: accepted.
    """
    table = divided(embedding_weights, partition_strategy)
    return safe_embedding.safe_embedding_lookup_sparse(
        table, sparse_ids, sparse_weights, combiner, default_id, max_norm, name
    )


@export("compat.v1.nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Any:
    """The loss of noise-contrastive estimation; see `tf.nn.nce_loss`.

    Args:
        weights, biases: tensors, partitioned variables, or lists of pieces.
        labels, inputs, num_sampled, num_classes, num_true: as there.
        sampled_values, remove_accidental_hits: as there.
        partition_strategy: which rows several pieces have: "mod" or "div", see `divided`.
        name: name scope of the nodes in a graph.
    """
    return losses.nce_loss(
        divided(weights, partition_strategy), divided(biases, partition_strategy), labels, inputs,
        num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits, name,
    )  # fmt: skip


@export("compat.v1.nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Any:
    """Cross entropy over some of many classes; see `tf.nn.sampled_softmax_loss`.

    Args:
        weights, biases: tensors, partitioned variables, or lists of pieces.
        labels, inputs, num_sampled, num_classes, num_true: as there.
        sampled_values, remove_accidental_hits, seed: as there.
        partition_strategy: which rows several pieces have: "mod" or "div", see `divided`.
        name: name scope of the nodes in a graph.
    """
    return losses.sampled_softmax_loss(
        divided(weights, partition_strategy), divided(biases, partition_strategy), labels, inputs,
        num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits, seed, name,
    )  # fmt: skip
