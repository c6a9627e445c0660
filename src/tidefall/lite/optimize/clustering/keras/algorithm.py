"""Which centroid each weight belongs to, and how both learn."""

from __future__ import annotations

from typing import Any

import keras

from tidefall.lite.optimize.clustering.keras.centroids import GradientAggregation

ops: Any = keras.ops


class ClusteringAlgorithm:
    """Each weight becomes the nearest centroid; subclass it for weights of a form of their own.

    Args:
        clusters_centroids: the variable that holds them, `[clusters]`.
        cluster_gradient_aggregation: how a centroid's gradient comes of those of its weights.
        data_format: "channels_last" or "channels_first".
    """

    def __init__(
        self,
        clusters_centroids: Any,
        cluster_gradient_aggregation: GradientAggregation = GradientAggregation.SUM,
        data_format: str | None = None,
    ):
        self.cluster_centroids = clusters_centroids
        self.cluster_gradient_aggregation = cluster_gradient_aggregation
        self.data_format = data_format

    def get_pulling_indices(self, weight: Any) -> Any:
        """The number of the nearest centroid for each weight: int tensor shaped like it."""
        centroids = ops.convert_to_tensor(self.cluster_centroids)
        order = ops.argsort(centroids)
        ordered = ops.take(centroids, order)
        borders = (ordered[1:] + ordered[:-1]) / 2.0
        place = ops.searchsorted(borders, ops.reshape(weight, [-1]))
        return ops.cast(ops.reshape(ops.take(order, place), weight.shape), "int32")

    def get_clustered_weight(self, pulling_indices: Any, original_weight: Any) -> Any:
        """The centroids in the places of the weights. Gradients go to both.

        Args:
            pulling_indices: int tensor, which centroid.
            original_weight: tensor of the same shape.
        """
        centroids = self._averaged(ops.convert_to_tensor(self.cluster_centroids), pulling_indices)
        clustered = ops.take(centroids, pulling_indices)
        # Nothing is added, but the gradient goes through.
        return clustered + (original_weight - ops.stop_gradient(original_weight))

    def _averaged(self, centroids: Any, pulling_indices: Any) -> Any:
        if self.cluster_gradient_aggregation == GradientAggregation.SUM:
            return centroids
        flat = ops.reshape(pulling_indices, [-1])
        sizes = ops.segment_sum(ops.ones_like(flat), flat, num_segments=centroids.shape[0])
        part = centroids / ops.cast(ops.maximum(sizes, 1), centroids.dtype)
        return part + ops.stop_gradient(centroids - part)


class ClusteringAlgorithmPerChannel(ClusteringAlgorithm):
    """Each output channel of a convolution has centroids of its own: `[channels, clusters]`."""

    def get_pulling_indices(self, weight: Any) -> Any:
        by_channel = ops.reshape(weight, [-1, weight.shape[-1], 1])
        centroids = ops.convert_to_tensor(self.cluster_centroids)
        nearest = ops.argmin(ops.abs(by_channel - centroids[None]), axis=-1)
        # Numbered through, so that they can be looked up in one vector.
        first = ops.arange(centroids.shape[0]) * centroids.shape[1]
        nearest = ops.cast(nearest, "int32") + ops.cast(first, "int32")
        return ops.reshape(nearest, weight.shape)

    def get_clustered_weight(self, pulling_indices: Any, original_weight: Any) -> Any:
        flat = ops.reshape(ops.convert_to_tensor(self.cluster_centroids), [-1])
        clustered = ops.take(self._averaged(flat, pulling_indices), pulling_indices)
        return clustered + (original_weight - ops.stop_gradient(original_weight))
