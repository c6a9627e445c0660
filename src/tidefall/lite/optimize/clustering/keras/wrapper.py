"""A layer whose weights have few different values while it is trained."""

from __future__ import annotations

import abc
from typing import Any

import keras
import numpy as np

from tidefall.lite.optimize.clustering.keras.algorithm import (
    ClusteringAlgorithm,
    ClusteringAlgorithmPerChannel,
)
from tidefall.lite.optimize.clustering.keras.centroids import (
    CentroidInitialization,
    GradientAggregation,
    centroids,
)
from tidefall.lite.optimize.models import Wrapped, layers_of, uncast
from tidefall.lite.optimize.sparsity.keras.registry import can_prune, prunable_weights

ops: Any = keras.ops


class ClusterableLayer(abc.ABC):
    """A layer of your own that says which of its weights are clustered."""

    @abc.abstractmethod
    def get_clusterable_weights(self) -> list[tuple[str, Any]]:
        """Pairs of a name and the variable."""

    def get_clusterable_algorithm(self, weight_name: str) -> type[ClusteringAlgorithm] | None:
        """The algorithm for a weight; None for the usual one."""
        return None


def _clusterable(layer: Any) -> list[tuple[str, Any]]:
    if hasattr(layer, "get_clusterable_weights"):
        return list(layer.get_clusterable_weights())
    if isinstance(layer, keras.layers.Bidirectional):
        return [*_clusterable(layer.forward_layer), *_clusterable(layer.backward_layer)]
    return [(w.name, w) for w in prunable_weights(layer)]


def can_cluster(layer: Any) -> bool:
    """Whether it is known what of a layer is clustered, be it nothing."""
    if hasattr(layer, "get_clusterable_weights") or isinstance(layer, keras.layers.Bidirectional):
        return True
    # The same weights as for pruning, of the layers that Keras has.
    is_empty = layer.built and not layer.weights
    return not hasattr(layer, "get_prunable_weights") and (can_prune(layer) or is_empty)


@keras.saving.register_keras_serializable("tidefall", "ClusterWeights")
class ClusterWeights(Wrapped):
    """A layer and, for each of its clusterable weights, centroids in whose places it reads them.

    Args:
        layer: a layer of Keras, or a `ClusterableLayer`.
        number_of_clusters: how many values a weight tensor has at most; more than 1, and more than
            2 if zeros are kept.
        cluster_centroids_init: where centroids begin.
        preserve_sparsity: let what is zero stay zero.
        cluster_per_channel: centroids for each output channel of a Conv2D.
        cluster_gradient_aggregation: how a centroid's gradient comes of those of its weights.

    Raises:
        ValueError: for other layers and numbers.
    """

    def __init__(
        self,
        layer: Any,
        number_of_clusters: int,
        cluster_centroids_init: Any = CentroidInitialization.KMEANS_PLUS_PLUS,
        preserve_sparsity: bool = False,
        cluster_per_channel: bool = False,
        cluster_gradient_aggregation: Any = GradientAggregation.SUM,
        **kwargs: Any,
    ):
        if not isinstance(layer, keras.layers.Layer) or not can_cluster(layer):
            raise ValueError(
                f"It is not known which weights of {type(layer).__name__} "
                f"{getattr(layer, 'name', layer)!r} are to be clustered. Let it be a "
                "ClusterableLayer."
            )
        least = 2 if preserve_sparsity else 1
        if not isinstance(number_of_clusters, int) or number_of_clusters <= least:
            raise ValueError(
                f"number_of_clusters must be an integer greater than {least}. Given: "
                f"{number_of_clusters!r}"
            )
        kwargs.setdefault("name", f"cluster_{layer.name}")
        super().__init__(layer, **kwargs)
        self.number_of_clusters = number_of_clusters
        self.cluster_centroids_init = CentroidInitialization(cluster_centroids_init)
        self.preserve_sparsity = preserve_sparsity
        self.cluster_per_channel = cluster_per_channel and isinstance(layer, keras.layers.Conv2D)
        self.cluster_gradient_aggregation = GradientAggregation(cluster_gradient_aggregation)
        self.clustered: list[_Clustered] = []

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        for name, weight in _clusterable(self.layer):
            self.clustered.append(_Clustered(self, name, weight))

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        values = [(c.weight, c.value(bool(training))) for c in self.clustered]
        return self.call_with(values, inputs, training, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            **super().get_config(),
            "number_of_clusters": self.number_of_clusters,
            "cluster_centroids_init": self.cluster_centroids_init.value,
            "preserve_sparsity": self.preserve_sparsity,
            "cluster_per_channel": self.cluster_per_channel,
            "cluster_gradient_aggregation": self.cluster_gradient_aggregation.value,
        }


class _Clustered:
    """The variables of one weight."""

    def __init__(self, owner: ClusterWeights, name: str, weight: Any):
        self.weight, self.owner = weight, owner
        array = np.asarray(ops.convert_to_numpy(uncast(weight)), np.float32)
        channels = array.shape[-1]
        parts = [array[..., i] for i in range(channels)] if owner.cluster_per_channel else [array]
        count, way = owner.number_of_clusters, owner.cluster_centroids_init
        chosen = [centroids(p, count, way, owner.preserve_sparsity) for p in parts]
        first = np.stack(chosen) if owner.cluster_per_channel else chosen[0]

        def add(label: str, value: np.ndarray, dtype: str, trainable: bool = False) -> Any:
            made = owner.add_weight(
                name=f"{label}_{name}", shape=value.shape, dtype=dtype, initializer="zeros",
                trainable=trainable, autocast=False,
            )  # fmt: skip
            made.assign(value)
            return made

        self.centroids = add("cluster_centroids", first, "float32", trainable=True)
        self.indices = add("pulling_indices", np.zeros(array.shape, np.int32), "int32")
        self.mask = self.nonzero = None
        if owner.preserve_sparsity:
            self.mask = add("sparsity_mask", (array != 0).astype(np.float32), "float32")
            nearest = np.abs(first).argmin(-1)[..., None]
            kept = (np.arange(first.shape[-1]) != nearest).astype(np.float32)
            self.nonzero = add("nonzero_centroids", kept, "float32")
        choose = getattr(owner.layer, "get_clusterable_algorithm", lambda name: None)
        usual = ClusteringAlgorithmPerChannel if owner.cluster_per_channel else ClusteringAlgorithm
        self.algorithm = choose(name) or usual

    def value(self, training: bool) -> Any:
        """The weight with each number replaced by its centroid."""
        weight, places = uncast(self.weight), uncast(self.centroids)
        if self.mask is not None and self.nonzero is not None:
            weight, places = weight * uncast(self.mask), places * uncast(self.nonzero)
        work = self.algorithm(places, self.owner.cluster_gradient_aggregation, _format(self.owner))
        indices = work.get_pulling_indices(weight)
        if training:
            self.indices.assign(indices)
        return ops.cast(work.get_clustered_weight(indices, weight), self.weight.dtype)


def _format(owner: ClusterWeights) -> str:
    return getattr(owner.layer, "data_format", None) or "channels_last"


def clustered_layers(model: Any) -> list[ClusterWeights]:
    """The wrappers of a model, those in models inside of it included."""
    return [layer for layer in layers_of(model) if isinstance(layer, ClusterWeights)]
