# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.graph_util`."""

from tidefall import import_graph_def as import_graph_def

