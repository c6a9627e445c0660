# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.metrics`."""

from tidefall._api._types import TensorLike
from typing import Any

def accuracy(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """How often predictions are the labels."""
def auc(labels: TensorLike, predictions: TensorLike, weights: Any = None, num_thresholds: int = 200, metrics_collections: Any = None, updates_collections: Any = None, curve: str = 'ROC', name: str | None = None, summation_method: str = 'trapezoidal', thresholds: Any = None) -> tuple[Any, Any]:
    """The approximate area under a curve."""
def false_negatives(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of false negatives so far."""
def false_negatives_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of false negatives by thresholds so far."""
def false_positives(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of false positives so far."""
def false_positives_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of false positives by thresholds so far."""
def mean(values: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted mean of all values so far."""
def mean_absolute_error(labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean of the absolute differences; see `accuracy`."""
def mean_cosine_distance(labels: TensorLike, predictions: TensorLike, dim: int, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean of 1 less the products of unit vectors along `dim`; see `accuracy`."""
def mean_iou(labels: TensorLike, predictions: TensorLike, num_classes: int, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean over the classes of intersection over union."""
def mean_per_class_accuracy(labels: TensorLike, predictions: TensorLike, num_classes: int, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean over the classes of the share of labels that are predicted; see `mean_iou`."""
def mean_relative_error(labels: TensorLike, predictions: TensorLike, normalizer: Any, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean of the absolute differences over `normalizer`, 0 where that is 0; see `accuracy`."""
def mean_squared_error(labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The mean of the squared differences; see `accuracy`."""
def mean_tensor(values: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted mean of all tensors so far, element by element."""
def percentage_below(values: Any, threshold: float, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """How many values are below a threshold, as a share; see `mean`."""
def precision(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Which share of the positive predictions is right."""
def precision_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The share of right ones among positive predictions; see `true_positives_at_thresholds`."""
def recall(labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Which share of the positive labels is predicted; see `precision`."""
def recall_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The share of positive labels that are predicted; see `true_positives_at_thresholds`."""
def root_mean_squared_error(labels: TensorLike, predictions: TensorLike, weights: TensorLike | None = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The root of the mean of the squared differences; see `accuracy`."""
def sensitivity_at_specificity(labels: TensorLike, predictions: TensorLike, specificity: float, weights: Any = None, num_thresholds: int = 200, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The recall at the threshold whose specificity is nearest to the one given."""
def specificity_at_sensitivity(labels: TensorLike, predictions: TensorLike, sensitivity: float, weights: TensorLike | None = None, num_thresholds: int = 200, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The specificity at the threshold whose recall is nearest to the one given, the last of them."""
def true_negatives(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of true negatives so far."""
def true_negatives_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of true negatives by thresholds so far."""
def true_positives(labels: TensorLike, predictions: TensorLike, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of true positives so far."""
def true_positives_at_thresholds(labels: TensorLike, predictions: TensorLike, thresholds: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """The weighted number of true positives by thresholds so far."""
