"""Models with clustered layers, and without them again."""

from __future__ import annotations

import logging
import os
from typing import Any

import keras
import numpy as np

from tidefall.lite.optimize.clustering.keras.centroids import CentroidInitialization
from tidefall.lite.optimize.clustering.keras.wrapper import ClusterWeights, clustered_layers
from tidefall.lite.optimize.models import exchange, is_graph, refuse_subclassed

_log = logging.getLogger("tidefall.lite")


def cluster_scope() -> Any:
    """A scope in which files with clustered layers are read."""
    return keras.saving.custom_object_scope({"ClusterWeights": ClusterWeights})


def cluster_weights(
    to_cluster: Any,
    number_of_clusters: int,
    cluster_centroids_init: Any = CentroidInitialization.KMEANS_PLUS_PLUS,
    **kwargs: Any,
) -> Any:
    """Let each weight tensor of a model or layer have few different values while it is trained.

    Args:
        to_cluster: a Sequential or functional model that is trained, a layer, or a list of layers.
        number_of_clusters: how many values at most.
        cluster_centroids_init: a `CentroidInitialization`.
        **kwargs: further arguments of the wrapper: `cluster_per_channel`,
            `cluster_gradient_aggregation`.

    Returns:
        The same with each layer wrapped. Compile it anew, train it on with a small learning rate,
        and take the wrappers off with `strip_clustering`.

    Raises:
        ValueError: for subclassed models, layers of which it is not known what to cluster, and too
            few clusters.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> import keras
    >>> import tidefall.lite.optimize as optimize
    >>> model = keras.Sequential([keras.Input([8]), keras.layers.Dense(16)])
    >>> model = optimize.clustering.keras.cluster_weights(model, number_of_clusters=4)
    >>> model = optimize.clustering.keras.strip_clustering(model)
    >>> len(np.unique(model.layers[0].kernel.numpy()))
    4
    """
    if cluster_centroids_init not in set(CentroidInitialization):
        raise ValueError(f"Cluster centroid initialization {cluster_centroids_init} not supported")

    def wrap(layer: Any) -> Any:
        if isinstance(layer, (ClusterWeights, keras.layers.InputLayer)):
            return layer
        if isinstance(layer, keras.layers.Conv2D) and layer.built:
            kernel: Any = layer.kernel
            weights = int(np.prod(kernel.shape))
            if kwargs.get("cluster_per_channel"):
                weights //= kernel.shape[-1]
            if weights <= number_of_clusters:
                _log.warning(
                    "%s is not clustered: it has %d weights, not more than clusters.",
                    layer.name, weights,
                )  # fmt: skip
                return layer
        return ClusterWeights(layer, number_of_clusters, cluster_centroids_init, **kwargs)

    if isinstance(to_cluster, list):
        return [wrap(layer) for layer in to_cluster]
    if is_graph(to_cluster):
        return exchange(to_cluster, wrap)
    refuse_subclassed(to_cluster)
    return wrap(to_cluster)


def strip_clustering(model: Any) -> Any:
    """A model with the layers that `cluster_weights` wrapped in their places again.

    The weights are the centroids that they belong to.

    Raises:
        ValueError: for anything but a model, and for subclassed ones.
    """
    if not isinstance(model, keras.Model):
        raise ValueError(f"Expected model to be a `keras.Model` instance but got: {model!r}")

    def strip(layer: Any) -> Any:
        if not isinstance(layer, ClusterWeights):
            return layer
        for clustered in layer.clustered:
            clustered.weight.assign(clustered.value(training=False))
        return layer.layer

    return exchange(model, strip)


class ClusteringSummaries(keras.callbacks.TensorBoard):
    """A TensorBoard callback that also writes the centroids as histograms.

    Args:
        log_dir: where events go; those of clustering into its folder `clustering`.
        update_freq: as `keras.callbacks.TensorBoard`.
        cluster_update_freq: "epoch".
    """

    def __init__(
        self,
        log_dir: str = "logs",
        update_freq: Any = "epoch",
        cluster_update_freq: str = "epoch",
        **kwargs: Any,
    ):
        super().__init__(log_dir=log_dir, update_freq=update_freq, **kwargs)
        if cluster_update_freq != "epoch":
            raise ValueError(f"cluster_update_freq must be 'epoch', got {cluster_update_freq!r}.")
        self._cluster_writer: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Write the centroids."""
        super().on_epoch_begin(epoch, logs)
        from tidefall.base.exports import exported

        if self._cluster_writer is None:
            make = exported("summary.create_file_writer")
            self._cluster_writer = make(os.path.join(str(self.log_dir), "clustering"))
        with self._cluster_writer.as_default():
            for layer in clustered_layers(self.model):
                for one in layer.clustered:
                    exported("summary.histogram")(one.centroids.path, one.centroids.value, epoch)
            self._cluster_writer.flush()
