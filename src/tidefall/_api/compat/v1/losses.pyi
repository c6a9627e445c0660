# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.losses`."""

import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

class Reduction:
    """How the losses of elements become one."""
    NONE: str
    SUM: str
    SUM_OVER_BATCH_SIZE: str
    MEAN: str
    SUM_BY_NONZERO_WEIGHTS: str
    SUM_OVER_NONZERO_WEIGHTS: str
    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError for anything else."""
def absolute_difference(labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """The mean of the absolute differences; see `compute_weighted_loss`."""
def add_loss(loss: Any, loss_collection: Any = 'losses') -> None:
    """Add a loss to a collection, in graph mode."""
def compute_weighted_loss(losses: Any, weights: Any = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """The weighted loss, added to a collection."""
def cosine_distance(labels: TensorLike, predictions: TensorLike, axis: int | None = None, weights: TensorLike = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights', dim: int | None = None) -> tf.Tensor:
    """One minus the product of unit vectors along an axis; see `compute_weighted_loss`."""
def get_losses(scope: str | None = None, loss_collection: Any = 'losses') -> list[Any]:
    """The losses in a collection."""
def get_regularization_loss(scope: str | None = None, name: str = 'total_regularization_loss') -> tf.Tensor:
    """The sum of the losses that regularisers added; 0 without any."""
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses that regularisers added."""
def get_total_loss(add_regularization_losses: bool = True, name: str = 'total_loss', scope: str | None = None) -> tf.Tensor:
    """The sum of all losses."""
def hinge_loss(labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """The hinge loss of labels 0 and 1; see `compute_weighted_loss`."""
def huber_loss(labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, delta: float = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """Squared near zero and linear beyond `delta`; see `compute_weighted_loss`."""
def log_loss(labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, epsilon: float = 1e-07, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """Cross entropy of probabilities of two classes; see `compute_weighted_loss`."""
def mean_squared_error(labels: TensorLike, predictions: TensorLike, weights: TensorLike = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """The mean of the squared differences; see `compute_weighted_loss`."""
def sigmoid_cross_entropy(multi_class_labels: Any, logits: TensorLike, weights: TensorLike = 1.0, label_smoothing: float = 0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """Cross entropy of independent classes; see `compute_weighted_loss`."""
def softmax_cross_entropy(onehot_labels: Any, logits: TensorLike, weights: TensorLike = 1.0, label_smoothing: float = 0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """Cross entropy of a softmax, labels taken as constants; see `compute_weighted_loss`."""
def sparse_softmax_cross_entropy(labels: TensorLike, logits: TensorLike, weights: TensorLike = 1.0, scope: str | None = None, loss_collection: Any = 'losses', reduction: str = 'weighted_sum_by_nonzero_weights') -> tf.Tensor:
    """Cross entropy of a softmax with numbers of classes; see `compute_weighted_loss`."""
