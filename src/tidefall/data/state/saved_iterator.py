"""What a checkpoint keeps of an iterator: where it stands, and which pipeline that belongs to.

The pipeline itself is not saved: it is built anew by the program that restores. A short description
of its stages goes along, so that a state is not taken up by another pipeline, where it would mean
other elements.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from tidefall.base.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.vectorize import functions_in
from tidefall.data.options import ExternalStatePolicy
from tidefall.data.state import state_codec
from tidefall.graph.func_graph import FuncGraph
from tidefall.op.op import Op
from tidefall.op.traits import NO_EXTERNAL_STATE

log = logging.getLogger("tidefall")

# ---- which pipeline ----


def stages(node: Node, depth: int = 0) -> list[str]:
    """The stages of a pipeline, the last one first, inputs indented under what takes them.

    A stage is named with the numbers it was made with, but for those that only say how fast it is.
    """
    if node.is_transparent:
        return stages(node.inputs[0], depth)
    settings = {
        name: value
        for name, value in vars(node).items()
        if _is_plain(value) and not name.startswith("_") and name not in node.tuning
    }
    shown = ", ".join(f"{name}={settings[name]!r}" for name in sorted(settings))
    lines = [f"{' ' * depth}{type(node).__name__.removesuffix('Node')}({shown})"]
    for one in node.inputs:
        lines += stages(one, depth + (len(node.inputs) > 1))
    return lines


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) < 20 and all(isinstance(item, int) for item in value)
    return isinstance(value, bool | int | str)


class PipelineChangedError(NotFoundError):
    """The state of an iterator over another pipeline."""


def _check_stages(saved: Sequence[str], here: Sequence[str]) -> None:
    if list(saved) == list(here):
        return
    changes = [
        line.replace("- ", "saved: ", 1) if line.startswith("- ") else line.replace("+ ", "here: ")
        for line in difflib.ndiff(list(saved), list(here))
        if line.startswith(("- ", "+ "))
    ]
    raise PipelineChangedError(
        None,
        None,
        "Failed to restore dataset iterator from checkpoint: it was saved over another pipeline. "
        f"Stages that differ: {'; '.join(changes)}. Make sure the dataset definition has not "
        "changed between the process that saved the checkpoint and the process that is restoring "
        "it.",
    )


# ---- state outside of the pipeline ----


def state_outside(graph: FuncGraph) -> list[Op]:
    """The ops of a function whose state is not saved with the iterator."""
    found: list[Op] = []
    for node in graph.nodes:
        inner = functions_in(list(node.attrs.values()))
        for function in inner:
            found += state_outside(function.graph)
        op = node.op_type
        is_saved = inner or op.effects.draws or NO_EXTERNAL_STATE in op.traits
        if op.is_stateful and not is_saved:
            found.append(op)
    return found


def _external(node: Node) -> Iterator[tuple[Op, bool]]:
    """State outside of a pipeline: the op that has it, and whether iterating changes it."""
    for function in node.functions:
        if isinstance(function, Runner):
            for op in function.memo("external state", state_outside):
                yield op, op.effects.is_needed or op.effects.makes
    if node.replayed is not None:
        yield node.replayed, False
    for one in node.inputs:
        yield from _external(one)


def check_external_state(node: Node, policy: ExternalStatePolicy | None) -> None:
    """Object to state that is not saved: what a policy says is to be done about it.

    Random ops are no such state, since it is saved where they stand. Without a policy neither is
    what is only read, such as variables; generators in Python are run up to the same place again.

    Raises:
        FailedPreconditionError: there is such state, and the policy is FAIL, or there is none.
    """
    if policy is ExternalStatePolicy.IGNORE:
        return
    for op, changes in _external(node):
        if policy is ExternalStatePolicy.WARN:
            log.warning(
                "The pipeline of an iterator that is saved has %s, whose state is not saved with "
                "it.",
                op.name,
            )
        elif changes or policy is ExternalStatePolicy.FAIL:
            raise FailedPreconditionError(
                None,
                None,
                f"{op.name} is stateful. Its state is not part of the dataset iterator's, so that "
                "elements may differ when the iterator is restored. To save the iterator all the "
                "same, set `options.experimental_external_state_policy` to WARN or IGNORE.",
            )


# ---- replaying ----


class Replayed(ElementIterator):
    """An iterator whose state is where it began, and how many elements it has given.

    That is small whatever stages there are. Restoring goes over the elements given before, without
    making those that nobody needs. `experimental_symbolic_checkpoint` asks for it.
    """

    __slots__ = ("_source", "_start", "_taken")

    def __init__(self, source: ElementIterator):
        self._source = source
        self._start = source.save()
        self._taken = 0

    def __next__(self) -> Element:
        element = next(self._source)
        self._taken += 1
        return element

    def save(self) -> State:
        return {"start": self._start, "taken": self._taken}

    def restore(self, state: State) -> None:
        self._start = state["start"]
        self._source.restore(self._start)
        self._taken = self._source.skip(state["taken"])

    def saves_position(self) -> bool:
        return True


# ---- to bytes and back ----


def to_bytes(node: Node, iterator: ElementIterator) -> bytes:
    """The state of an iterator over a pipeline.

    Raises:
        UnimplementedError: a stage cannot tell where it stands.
    """
    return state_codec.encode({"stages": _described(node, iterator), "state": iterator.save()})


def _described(node: Node, iterator: ElementIterator) -> list[str]:
    return [*(["Replayed()"] if isinstance(iterator, Replayed) else []), *stages(node)]


def restore(node: Node, iterator: ElementIterator, data: bytes) -> None:
    """Let an iterator stand where another one over the same pipeline stood.

    Raises:
        NotFoundError: that was another pipeline.
        DataLossError: the data are damaged.
        InvalidArgumentError: the state is of another form than this pipeline's.
    """
    saved: Any = state_codec.decode(data)
    if not isinstance(saved, dict) or set(saved) != {"stages", "state"}:
        raise DataLossError(None, None, "This is no saved state of a dataset iterator.")
    _check_stages(saved["stages"], _described(node, iterator))
    try:
        iterator.restore(saved["state"])
    except OpError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InvalidArgumentError(
            None,
            None,
            "Failed to restore dataset iterator from checkpoint: the saved state does not fit the "
            f"pipeline's functions ({type(error).__name__}: {error}). Make sure the dataset "
            "definition has not changed between the process that saved the checkpoint and the "
            "process that is restoring it.",
        ) from error
