# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.graph_util`."""

from collections.abc import Iterable
from tidefall import import_graph_def as import_graph_def
import tidefall as tf
from typing import Any

def convert_variables_to_constants(sess: Any, input_graph_def: Any, output_node_names: Any, variable_names_whitelist: Any = None, variable_names_blacklist: Any = None) -> Any:
    """The part of a GraphDef that some nodes depend on, with constants in place of variables."""
def extract_sub_graph(graph_def: Any, dest_nodes: Iterable[str]) -> Any:
    """The part of a GraphDef that some nodes depend on."""
def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether a node can run on a CPU only."""
def remove_training_nodes(input_graph: Any, protected_nodes: Any = None) -> Any:
    """A GraphDef without nodes that inference does not need: checks, and nodes that do nothing."""
def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> tf.TensorShape:
    """The static shape of a tensor of a graph, by the name that inputs of NodeDefs have."""
