"""Running graphs with the control flow of TensorFlow 1 on the host.

A value is dead where a `Switch` did not send it. What reads or waits for something dead does not
run, and its outputs are dead; a `Merge` takes the input that is alive. A frame, which is a loop, is
run as one step of the frame around it, iteration by iteration, until nothing alive is left for the
next one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.graph.v1.control_flow import Frame, arrange, is_back_edge
from tidefall.ops.control.switch_merge import (
    BACK,
    ENTERS,
    EXITS,
    MERGES,
    SWITCHES,
    TRIGGERS,
    chosen_output,
)
from tidefall.tensor.tensor import NUMPY_SCALAR


class _Dead:
    """The value of what did not run."""

    def __repr__(self) -> str:
        return "<dead>"


DEAD: Any = _Dead()
RunStep = Callable[[Any, list[Any]], None]


class _Guarded:
    """One step that runs if all it needs is alive.

    Attributes:
        controls: slots that say whether what it waits for did run.
        alive: the slot that says whether it did itself, or None if nobody asks.
    """

    __slots__ = ("alive", "controls", "run_step", "step")

    def __init__(self, step: Any, run_step: RunStep):
        self.step = step
        self.run_step = run_step
        self.controls: list[int] = []
        self.alive: int | None = None

    def run(self, values: list[Any]) -> None:
        step = self.step
        runs = not self.is_dead(values)
        if runs:
            self.compute(values)
        else:
            for slot in step.outputs:
                values[slot] = DEAD
        if self.alive is not None:
            values[self.alive] = None if runs else DEAD

    def is_dead(self, values: list[Any]) -> bool:
        """Whether something that the step needs did not run."""
        return any(values[i] is DEAD for i in self.step.inputs) or any(
            values[i] is DEAD for i in self.controls
        )

    def compute(self, values: list[Any]) -> None:
        self.run_step(self.step, values)


class _Switch(_Guarded):
    def compute(self, values: list[Any]) -> None:
        data, chosen = (values[i] for i in self.step.inputs)
        outputs = self.step.outputs
        if np.ndim(chosen):
            raise InvalidArgumentError(
                None,
                None,
                f"The second input must be a scalar, but it has shape {list(np.shape(chosen))} "
                f"[[{{{{node {self.step.node.name}}}}}]]",
            )
        index = chosen_output(chosen, len(outputs)) if len(outputs) != 2 else int(chosen)
        for i, slot in enumerate(outputs):
            values[slot] = data if i == index else DEAD


class _Merge(_Guarded):
    """Takes the input that is alive; in a loop first one from outside, then the one sent back."""

    __slots__ = ("first", "is_loop", "later")

    def __init__(self, step: Any, run_step: RunStep):
        super().__init__(step, run_step)
        kinds = [t.op.type for t in step.node.inputs]
        back = [i for i, kind in enumerate(kinds) if is_back_edge(kind, step.node.type)]
        self.first = [i for i in range(len(kinds)) if i not in back]
        self.later = back or self.first
        self.is_loop = bool(back)

    def run(self, values: list[Any]) -> None:
        self.choose(values, self.first)

    def choose(self, values: list[Any], among: Sequence[int]) -> None:
        step = self.step
        taken: tuple[Any, Any] = (DEAD, DEAD)
        for i in among:
            value = values[step.inputs[i]]
            if value is not DEAD:
                taken = (value, np.int32(i))
                break
        for slot, value in zip(step.outputs, taken, strict=True):
            values[slot] = np.asarray(value) if isinstance(value, NUMPY_SCALAR) else value
        if self.alive is not None:
            values[self.alive] = DEAD if taken[0] is DEAD else None


class _Trigger(_Guarded):
    """ControlTrigger: it runs whether or not what it waits for did."""

    def is_dead(self, values: list[Any]) -> bool:
        return False


class _Pass(_Guarded):
    """Enter, Exit and NextIteration: they pass their input on."""

    def compute(self, values: list[Any]) -> None:
        values[self.step.outputs[0]] = values[self.step.inputs[0]]


class _Loop:
    """A frame as one step of the frame around it."""

    def __init__(self, frame: Frame, make: Callable[[Any], Sequence[Any]]):
        self.name = frame.name
        self.enters: list[_Guarded] = []
        self.merges: list[_Merge] = []
        self.exits: list[_Guarded] = []
        self.backs: list[int] = []
        self.body: list[Any] = []
        self.variables: list[int] = []
        for member in frame.members:
            for unit in make(member):
                self._add(unit)
        self.inner = [s for u in self._units() for s in u.step.outputs]

    def _units(self) -> list[_Guarded]:
        plain = [u for u in self.body if isinstance(u, _Guarded)]
        return [*self.enters, *self.merges, *plain]

    def _add(self, unit: Any) -> None:
        kind = None if isinstance(unit, _Loop) else unit.step.node.type
        if kind in ENTERS and isinstance(unit, _Pass):
            self.enters.append(unit)
            if not unit.step.node.attrs["is_constant"]:
                self.variables.append(unit.step.outputs[0])
        elif kind in EXITS and isinstance(unit, _Pass):
            self.exits.append(unit)
        elif isinstance(unit, _Merge) and unit.is_loop:
            self.merges.append(unit)
        else:
            self.body.append(unit)
            if kind in BACK and isinstance(unit, _Pass):
                self.backs.append(unit.step.outputs[0])

    def run(self, values: list[Any]) -> None:
        for enter in self.enters:
            enter.run(values)
        for merge in self.merges:
            merge.choose(values, merge.first)
        left: dict[int, Any] = {}
        while True:
            for unit in self.body:
                unit.run(values)
            for way_out in self.exits:
                self._leave(way_out, values, left)
            if all(values[slot] is DEAD for slot in self.backs):
                break
            for slot in self.variables:
                values[slot] = DEAD
            for merge in self.merges:
                merge.choose(values, merge.later)
        for slot in self.inner:
            values[slot] = None
        for way_out in self.exits:
            for slot in (*way_out.step.outputs, way_out.alive):
                if slot is not None:
                    values[slot] = left.get(slot, DEAD)

    @staticmethod
    def _leave(way_out: _Guarded, values: list[Any], left: dict[int, Any]) -> None:
        if way_out.is_dead(values):
            return
        left[way_out.step.outputs[0]] = values[way_out.step.inputs[0]]
        if way_out.alive is not None:
            left[way_out.alive] = None


_KINDS: dict[str, type[_Guarded]] = {
    **dict.fromkeys(SWITCHES, _Switch),
    **dict.fromkeys(MERGES, _Merge),
    **dict.fromkeys(ENTERS | EXITS | BACK, _Pass),
    **dict.fromkeys(TRIGGERS, _Trigger),
}


class FramedSteps:
    """The steps of a plan sorted into the frames they run in.

    Args:
        nodes: the nodes of the plan, each after those it needs.
        steps: their steps; a node may have several, the last one being its own.
        run_step: runs a step.
        new_slot: gives a new place among the values.
        given: ids of tensors whose values are given.
    """

    def __init__(
        self,
        nodes: Sequence[Any],
        steps: Sequence[Any],
        run_step: RunStep,
        new_slot: Callable[[], int],
        given: Collection[int] = (),
    ):
        self._run_step = run_step
        self._stand_ins: dict[int, Any] = {}
        self._steps: dict[int, list[Any]] = {}
        for step in steps:
            self._steps.setdefault(id(_node_of(step)), []).append(step)
        self._waited_for = {id(n) for node in nodes for n in node.control_inputs}
        self._alive: dict[int, int] = {
            id(node): new_slot()
            for node in nodes
            if id(node) in self._waited_for and id(node) in self._steps
        }
        root, self._frames = arrange(nodes, given)
        self._root = root
        self._units = [unit for member in root.members for unit in self._make(member)]

    def _make(self, member: Any) -> list[Any]:
        if isinstance(member, Frame):
            return [_Loop(member, self._make)]
        units: list[Any] = []
        steps = self._steps.get(id(member), [])
        for i, step in enumerate(steps):
            own = i == len(steps) - 1
            kind = _KINDS.get(member.type, _Guarded) if own else _Guarded
            unit = kind(step, self._run_step)
            unit.controls = [
                self._alive[id(n)] for n in member.control_inputs if id(n) in self._alive
            ]
            if own:
                unit.alive = self._alive.get(id(member))
            units.append(unit)
        return units

    def check_outside(self, tensor: Any) -> None:
        """Make sure that a tensor has one value, and not one in each iteration of a loop.

        Raises:
            InvalidArgumentError: if it is inside of a loop.
        """
        frame = self._frames.get(id(tensor.op))
        if tensor.op.type in EXITS and frame is not None:
            frame = frame.parent
        if frame is not None and frame is not self._root:
            raise InvalidArgumentError(
                None,
                None,
                f"{tensor.name} is inside of the loop '{frame.name}' and has a value in each of "
                "its iterations. Ask for what the loop returns.",
            )

    def run(self, values: list[Any]) -> None:
        """Run all steps on the values of a plan."""
        for unit in self._units:
            unit.run(values)

    def may_be_dead(self, outputs: Sequence[Any], start: int) -> None:
        """Let outputs from `start` on, which a gradient asks for, be zeros where they are dead.

        What the gradient computes from them meets a dead gradient and is dead as well.
        """
        self._stand_ins = {
            i: np.zeros([d or 0 for d in t.shape.as_list()] if t.shape.rank else (), _kind(t))
            for i, t in enumerate(outputs)
            if i >= start
        }

    def leave(self, outputs: list[Any]) -> list[Any]:
        """The values that leave a plan.

        Raises:
            InvalidArgumentError: if one is dead.
        """
        for i, value in enumerate(outputs):
            if value is DEAD:
                if i not in self._stand_ins:
                    raise InvalidArgumentError(None, None, f"Retval[{i}] does not have value")
                outputs[i] = self._stand_ins[i]
        return outputs


def _kind(tensor: Any) -> Any:
    return tensor.dtype.base_dtype.as_numpy_dtype


def _node_of(step: Any) -> Any:
    return getattr(step.node, "node", step.node)  # a step of a session may stand for a part
