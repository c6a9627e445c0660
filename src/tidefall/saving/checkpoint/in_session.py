"""Checkpoints in graphs that sessions run: what is read and restored waits for the session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.base.state import state
from tidefall.graph.sessions import session_for
from tidefall.op import raw
from tidefall.saving.checkpoint.bundle import BundleReader
from tidefall.tensor.tensor import SymbolicTensor


def in_session() -> bool:
    """Whether code now builds a graph for sessions."""
    return state.graph is not None and not state.graph.building_function


def run(session: Any, graph: Any, fetches: Any) -> Any:
    """Run nodes of a graph, or fetch its tensors.

    Args:
        session: the session; None for the default one.
        graph: the graph.
        fetches: nodes and tensors in a nest.

    Raises:
        ValueError: if there is no session for the graph.
    """
    return session_for(session, graph, "run graph", "run").run(fetches)


def fetched(session: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What the tensors of a graph are in a session; other values stay as they are."""
    symbolic = {key: v for key, v in values.items() if isinstance(v, SymbolicTensor)}
    if not symbolic:
        return values
    return values | run(session, next(iter(symbolic.values())).graph, symbolic)


def restored_tensor(reader: BundleReader, key: str) -> Any:
    """A tensor of the default graph that is read from a checkpoint whenever it is needed."""
    restore = raw.RestoreV2
    return restore(reader.prefix, [key], [""], dtypes=[reader.entry(key).dtype_enum])[0]


def initialize(session: Any, variables: Iterable[Any]) -> None:
    """Give variables of a graph their initial values."""
    found = [v for v in variables if getattr(v, "_in_graph_mode", False)]
    if found:
        run(session, found[0].graph, [v.initializer for v in found])
