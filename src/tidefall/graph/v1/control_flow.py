"""Graphs with the control flow of TensorFlow 1: which they are, and the frames of their loops."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.ops.control.switch_merge import BACK, ENTERS, EXITS, MERGES, SWITCHES

_OLD = ENTERS | MERGES | SWITCHES


def has_old_control_flow(nodes: Iterable[Any]) -> bool:
    """Whether some of these nodes may not run, or run again, as others of them say."""
    return any(node.type in _OLD for node in nodes)


def is_back_edge(source: str, target: str) -> bool:
    """Whether an edge between ops of these names leads to the next iteration of a loop."""
    return source in BACK and target in MERGES


def sources(node: Any) -> list[Any]:
    """The nodes that must have run before this one does in an iteration."""
    data = [t.op for t in node.inputs if not is_back_edge(t.op.type, node.type)]
    return [*data, *node.control_inputs]


class Frame:
    """A loop, or the graph around all loops.

    Attributes:
        name: its name; empty for the graph.
        parent: the frame around it.
        members: its nodes and the frames inside, in an order in which they may run. Nodes that
            enter a frame and nodes that leave it are members of it.
    """

    def __init__(self, name: str, parent: Frame | None):
        self.name = name
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: dict[str, Frame] = {}
        self.members: list[Any] = []

    def child(self, name: str) -> Frame:
        """The loop of that name inside this frame."""
        if name not in self.children:
            self.children[name] = Frame(name, self)
        return self.children[name]

    def within(self, outer: Frame) -> Any:
        """This frame or the one around it that is a member of `outer`; None if there is none."""
        frame: Frame | None = self
        while frame is not None and frame.parent is not outer:
            frame = frame.parent
        return frame


def arrange(nodes: Sequence[Any], given: Collection[int] = ()) -> tuple[Frame, dict[int, Frame]]:
    """Sort nodes into the frames they run in.

    Args:
        nodes: nodes of one graph, each after its `sources`.
        given: ids of tensors whose values are given.

    Returns:
        The outermost frame, and by `id` the frame of each node.

    Raises:
        InvalidArgumentError: for a node that reads from two frames.
    """
    root = Frame("", None)
    frames: dict[int, Frame] = {}
    for node in nodes:
        frames[id(node)] = _frame_of(node, frames, root, given)
    for frame in dict.fromkeys([root, *frames.values()]):
        _order(frame, nodes, frames)
    return root, frames


def _frame_of(node: Any, frames: dict[int, Frame], root: Frame, given: Collection[int]) -> Frame:
    found: tuple[Any, Frame] | None = None
    before = [t.op for t in node.inputs if id(t) not in given]
    for source in (*before, *node.control_inputs):
        if id(source) not in frames or is_back_edge(source.type, node.type):
            continue
        frame = frames[id(source)]
        if source.type in EXITS and frame.parent is not None:
            frame = frame.parent
        if found is not None and found[1] is not frame:
            raise InvalidArgumentError(
                node,
                None,
                f"The node '{node.name}' has inputs from different frames. The input "
                f"'{source.name}' is in frame '{frame.name}'. The input '{found[0].name}' is in "
                f"frame '{found[1].name}'.",
            )
        found = (source, frame)
    around = root if found is None else found[1]
    if node.type not in ENTERS:
        return around
    name = node.attrs["frame_name"]
    return around.child(name.decode() if isinstance(name, bytes) else name)


def _order(frame: Frame, nodes: Sequence[Any], frames: dict[int, Frame]) -> None:
    """Find the members of a frame, each after those it needs."""
    members: dict[int, Any] = {}
    needs: dict[int, dict[int, None]] = {}

    def member(node: Any) -> Any:
        own = frames.get(id(node))
        if own is None:
            return None
        return node if own is frame else own.within(frame)

    for node in nodes:
        target = member(node)
        if target is None:
            continue
        members[id(target)] = target
        before = needs.setdefault(id(target), {})
        for source in sources(node):
            needed = member(source)
            if needed is not None and needed is not target:
                before[id(needed)] = None
    frame.members = _sorted(frame, members, needs)


def _sorted(frame: Frame, members: dict[int, Any], needs: dict[int, dict[int, None]]) -> list[Any]:
    done: set[int] = set()
    ordered: list[Any] = []
    waiting = list(members)
    while waiting:
        left: list[int] = []
        for key in waiting:
            if all(n in done for n in needs[key]):
                done.add(key)
                ordered.append(members[key])
            else:
                left.append(key)
        if len(left) == len(waiting):
            names = ", ".join(members[key].name for key in left[:5])
            raise InvalidArgumentError(
                None, None, f"These nodes of the graph wait for each other: {names}."
            )
        waiting = left
    return ordered
