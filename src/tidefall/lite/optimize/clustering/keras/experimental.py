"""Clustering that keeps zeros."""

from __future__ import annotations

from typing import Any

from tidefall.lite.optimize.clustering.keras import cluster
from tidefall.lite.optimize.clustering.keras.centroids import CentroidInitialization


def cluster_weights(
    to_cluster: Any,
    number_of_clusters: int,
    cluster_centroids_init: Any = CentroidInitialization.KMEANS_PLUS_PLUS,
    preserve_sparsity: bool = False,
    cluster_per_channel: bool = False,
    **kwargs: Any,
) -> Any:
    """As `clustering.keras.cluster_weights`, with two more choices by name.

    Args:
        to_cluster, number_of_clusters, cluster_centroids_init: as there.
        preserve_sparsity: let weights that are zero stay zero.
        cluster_per_channel: centroids for each output channel of a Conv2D.
        **kwargs: further arguments of the wrapper.
    """
    return cluster.cluster_weights(
        to_cluster,
        number_of_clusters,
        cluster_centroids_init,
        preserve_sparsity=preserve_sparsity,
        cluster_per_channel=cluster_per_channel,
        **kwargs,
    )
