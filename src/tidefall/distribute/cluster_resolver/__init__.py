"""Cluster resolvers: what tells a program which machines it is one of.

Each asks another source: an environment variable, Slurm, Kubernetes, Google's clouds. Read
`resolver.py` first.
"""

from tidefall import surface

__getattr__, __dir__ = surface.attach("distribute.cluster_resolver")
