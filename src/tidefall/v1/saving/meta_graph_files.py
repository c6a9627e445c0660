"""MetaGraph files read back: a graph with its collections, and its saver."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.v1.graphs.graph_keys import GraphKeys, global_variables
from tidefall.v1.saving.meta_graph import load_meta_graph
from tidefall.v1.saving.savers import Saver, saver_of_nodes


@export("compat.v1.train.import_meta_graph")
def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Any:
    """Add the nodes and collections of a MetaGraphDef to the default graph.

    Args:
        meta_graph_or_file: the message, or the path of a file that holds it.
        clear_devices: forget where nodes ran.
        import_scope: name scope to put the nodes in.
        **kwargs: `input_map` and `return_elements`, as for `tf.graph_util.import_graph_def`.

    Returns:
        The saver that the message describes; None if it has no variables.

    Raises:
        OSError: if there is no such file.
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError(
            "Exporting/importing meta graphs is not supported when eager execution is enabled. No "
            "graph exists when eager execution is enabled."
        )
    meta, found = load_meta_graph(meta_graph_or_file, clear_devices, import_scope, **kwargs)
    saver = saver_of(meta, import_scope)
    return (saver, found) if found is not None else saver


def saver_of(meta: Any, scope: str | None) -> Any:
    if meta.HasField("saver_def") and meta.saver_def.restore_op_name:
        variables = get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES)
        return saver_of_nodes(meta.saver_def, scope, variables)
    if global_variables(scope):
        return Saver()
    return None


# ---- the state file ----
