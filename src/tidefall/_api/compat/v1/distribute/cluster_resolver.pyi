# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute.cluster_resolver`."""

from tidefall._api.distribute.cluster_resolver import ClusterResolver as ClusterResolver
from tidefall._api.distribute.cluster_resolver import GCEClusterResolver as GCEClusterResolver
from tidefall._api.distribute.cluster_resolver import KubernetesClusterResolver as KubernetesClusterResolver
from tidefall._api.distribute.cluster_resolver import KubernetesExecutableLocation as KubernetesExecutableLocation
from tidefall._api.distribute.cluster_resolver import SimpleClusterResolver as SimpleClusterResolver
from tidefall._api.distribute.cluster_resolver import SlurmClusterResolver as SlurmClusterResolver
from tidefall._api.distribute.cluster_resolver import TFConfigClusterResolver as TFConfigClusterResolver
from tidefall._api.distribute.cluster_resolver import TPUClusterResolver as TPUClusterResolver
from tidefall._api.distribute.cluster_resolver import UnionResolver as UnionResolver

