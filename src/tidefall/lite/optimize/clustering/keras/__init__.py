"""Clustering: the weights of a layer have few different values, so that files compress well.

Models enter `cluster_weights` and come back with wrapped layers. Read `wrapper.py` first, then
`algorithm.py` and `centroids.py`.
"""

from tidefall.lite.optimize.clustering.keras import experimental
from tidefall.lite.optimize.clustering.keras.algorithm import ClusteringAlgorithm
from tidefall.lite.optimize.clustering.keras.centroids import (
    CentroidInitialization,
    GradientAggregation,
)
from tidefall.lite.optimize.clustering.keras.cluster import (
    ClusteringSummaries,
    cluster_scope,
    cluster_weights,
    strip_clustering,
)
from tidefall.lite.optimize.clustering.keras.wrapper import ClusterableLayer

__all__ = [
    "CentroidInitialization", "ClusterableLayer", "ClusteringAlgorithm", "ClusteringSummaries",
    "GradientAggregation", "cluster_scope", "cluster_weights", "experimental", "strip_clustering",
]  # fmt: skip
