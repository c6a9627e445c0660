"""Which executor runs a function that was not asked to be compiled.

It starts on the host executor, which costs no compilation. `policy.py` says when a call with the
same shapes pays for compiling it, in the call or in the background (`compile_service.py`). Where
XLA has no way to do some op, an assertion for one, the parts of the graph around it
(`partitioned.py`) move each by itself.
`TIDEFALL_TIER=host` or `tf.config.experimental.set_execution_tier("host")` keeps everything on the
host; "xla" compiles what can be compiled at the first call. The logger `tidefall.runtime` says at
level INFO what was compiled and what stays on the host.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.errors import OpError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.run_state import RunState
from tidefall.base.state import state as context
from tidefall.graph.content import content_hash
from tidefall.runtime.backend import Aval
from tidefall.runtime.debugging.checks import needs_host
from tidefall.runtime.devices.node_placement import common_device
from tidefall.runtime.host.plan import HostBackend, HostPlan
from tidefall.runtime.partitioned.backend import PartitionedBackend, PartitionedExecutable
from tidefall.runtime.policy import compile_service
from tidefall.runtime.policy.tier_policy import (
    Action,
    Measurements,
    Setting,
    TierPolicy,
    chosen_tier,
)
from tidefall.runtime.program import Program
from tidefall.runtime.xla.compilable import shares_variables
from tidefall.tensor.tensor import ndarray

if TYPE_CHECKING:
    from tidefall.runtime.xla.executable import XlaExecutable

policy = TierPolicy()
"""When programs are compiled; replace it to compile sooner or later."""
SIGNATURE_LIMIT = 64
"""Signatures of one function that are compiled at a time; then all start on the host again."""
MAX_TIMED = 4096
"""Signatures of one function whose times are kept."""

_log = logging.getLogger("tidefall.runtime")
_shared: WeakValueDictionary[str, TieredExecutable] = WeakValueDictionary()

Run = Callable[..., list[Any]]
"""`Executable.run`."""


def _stay_on_host() -> None:
    """XLA's threads do not live on in a forked process: what may choose stays on the host."""
    if "jax" in sys.modules and config.tier == "auto":
        config.tier = "host"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_stay_on_host)


@export("config.experimental.set_execution_tier")
def set_execution_tier(tier: str) -> None:
    """Choose where functions without `jit_compile=True` run.

    Args:
        tier: "host", "xla" (whatever can be compiled), or "auto": the host first, XLA when it pays.

    Raises:
        ValueError: for another name.

    >>> import tidefall as tf
    >>> tf.config.experimental.set_execution_tier("auto")
    """
    if tier not in ("auto", "host", "xla"):
        raise ValueError(f"tier must be one of ('auto', 'host', 'xla'). Received: {tier!r}")
    config.tier = tier


@export("config.experimental.get_execution_tier")
def get_execution_tier() -> str:
    """Where functions without `jit_compile=True` run: "auto", "host" or "xla"."""
    return config.tier


def current_tier() -> str:
    """Where functions run now."""
    return chosen_tier(config.tier, config.autoclustering, config.op_determinism)


def eager_may_compile() -> bool:
    """Whether an eager op that costs much may move to its lowering."""
    return current_tier() != "host" and _has_jax()


@cache
def _has_jax() -> bool:
    return find_spec("jax") is not None


class TieredExecutable:
    """A program on the host that may move to XLA, one shape signature at a time.

    Args:
        program: the program.
        divides: whether parts of it may move where the whole cannot.
    """

    def __init__(self, program: Program, divides: bool = True):
        self.program = program
        self._divides = divides
        self._arrays = program.arrays
        self._may_share = program.may_share
        self._op_device = common_device(program.graph)
        # Neither whole nor in parts: what it was found out to need the host for.
        self._stays = needs_host(program.graph)
        self._plan: HostPlan | None = None
        self._divided: PartitionedExecutable | None = None
        self._xla: XlaExecutable | None = None
        self._seconds: dict[Any, float] = {}
        self._least: dict[Any, float] = {}
        self._compiled: dict[Any, Run] = {}
        self._price: float | None = None
        self._awaited: set[Any] = set()
        self._may_be_early = self._op_device is None and not any(
            t.dtype == dtypes.variant for t in program.graph.inputs
        )
        self._threshold = 0.0
        self._set_threshold()

    def run(self, values: Sequence[Any], state: RunState | None = None) -> list[Any]:
        """Run where it is time to; see `Executable.run`."""
        if self._may_share and shares_variables(self._may_share, values):
            # From the graph nobody can tell that their order matters.
            return self._host_plan().run(values, state)
        if self._stays:
            return self._on_host(values, state)
        op_device = self._op_device if self._op_device is not None else context.op_device
        tier = "xla" if op_device is not None and op_device.accelerated else current_tier()
        if tier == "host":
            return self._on_host(values, state)
        signature = tuple([values[i].shape for i in self._arrays])
        compiled = self._compiled.get(signature)
        if compiled is not None:
            return compiled(values, state)
        spent = self._seconds.get(signature, 0.0)
        if spent > self._threshold or tier == "xla" or compile_service.is_blocking():
            result = self._move(values, state, signature, tier)
            if result is not None:
                return result
        start = perf_counter()
        result = self._on_host(values, state)
        self._note(signature, spent, perf_counter() - start)
        return result

    def _move(
        self, values: Sequence[Any], state: RunState | None, signature: Any, tier: str
    ) -> list[Any] | None:
        """Do what the policy says; returns the results if this call was compiled."""
        setting = Setting(
            tier,
            compile_service.is_blocking(),
            compile_service.service.serves,
            is_part=not self._divides,
            spare=self._may_be_early and compile_service.has_spare_processor(),
        )
        if signature in self._awaited and not setting.blocking and tier != "xla":
            return None  # it is being compiled
        spent = self._seconds.get(signature, 0.0)
        measured = Measurements(spent, self._least.get(signature), self._price)
        is_pure, obstacle = self.program.is_pure, self.program.obstacle
        decision = policy.decide(measured, setting, is_pure, obstacle)
        if decision.background:
            self._move_in_background(list(values), signature)
        elif decision.action is Action.DIVIDE:
            self._divide(obstacle)
        elif decision.action is Action.COMPILE:
            result = self._compile(values, state, signature)
            # A part of a graph may be a few small nodes, which the host does faster.
            measures = tier != "xla" and (setting.blocking or not self._divides)
            if measures and result is not None and is_pure:
                self._keep_faster(values, signature)
            return result
        return None

    def _set_threshold(self) -> None:
        """From which host time on the policy is asked; before that, no call has to."""
        is_part = not self._divides
        budget = policy.budget(self._price, compile_service.service.serves, is_part)
        early = policy.early_budget(is_part)
        self._threshold = min(budget, early) if self._may_be_early else budget

    def _note(self, signature: Any, spent: float, seconds: float) -> None:
        if len(self._seconds) >= MAX_TIMED:
            self._seconds, self._least = {}, {}
        self._seconds[signature] = spent + seconds
        if seconds < self._least.get(signature, seconds + 1.0):
            self._least[signature] = seconds

    def prepare(self) -> None:
        """Make the plan for the host now, so that the first call need not."""
        self._host_plan()

    def is_compilable(self) -> bool:
        """Whether it does nothing but compute, and all of it or parts of it can be compiled."""
        if not self.program.is_pure:
            return False
        if self.program.obstacle and not self._stays:
            self._divide(self.program.obstacle)
        return not self._stays or self._divided is not None

    def _move_in_background(self, values: Sequence[Any], signature: Any) -> None:
        if signature not in self._awaited:
            self._awaited.add(signature)
            runs = compile_service.service.serves and self.program.is_pure
            job = self._compile_in_background if runs else self._compile_early
            job = partial(job, values, signature)
            if not compile_service.service.submit(job):
                self._awaited.discard(signature)

    def _compile_in_background(self, values: Sequence[Any], signature: Any) -> None:
        try:
            if self._stays or signature in self._compiled:
                return  # a call was faster
            if self.program.obstacle:
                self._divide(self.program.obstacle)
            elif self._compile(values, None, signature) is not None:
                self._keep_faster(values, signature)
        finally:
            self._awaited.discard(signature)

    def _compile_early(self, values: Sequence[Any], signature: Any) -> None:
        """Compile for these shapes without a run: others change the variables meanwhile.

        It is left awaited where that fails in an unforeseen way, and stays on the host.
        """
        from tidefall.runtime.xla.executable import XlaBackend

        avals = [aval for aval in map(_aval_of, values) if aval is not None]
        is_known = len(avals) == len(values)
        if is_known and not self._stays and signature not in self._compiled:
            try:
                executable = self._xla or XlaBackend(specialize=False).compile(self.program)
                executable.compile_now(avals)
            except OpError as error:
                self._divide(error.message)
            else:
                self._take(executable, signature)
        self._awaited.discard(signature)

    def _take(self, executable: XlaExecutable, signature: Any) -> None:
        """Run calls of these shapes compiled from now on."""
        self._xla = executable
        self._compiled[signature] = executable.run
        self._price = executable.seconds
        self._set_threshold()

    def _keep_faster(self, values: Sequence[Any], signature: Any) -> None:
        compiled = self._compiled.get(signature)
        if compiled is not None:
            ways = self._on_host, compiled
            self._compiled[signature] = compile_service.faster(*ways, values, self.program.name)

    def _divide(self, why: str) -> None:
        """Run on the host from now on, with calls of those parts that XLA can take."""
        name = self.program.name
        self._stays = True
        try:
            if not self._divides:
                raise UnimplementedError(None, None, f"{name} is a part itself.")
            divided = PartitionedBackend(partial(TieredExecutable, divides=False)).compile(
                self.program
            )
        except UnimplementedError:
            _log.info("%s stays on the host: %s", name, why)
            return
        _log.info("%s is divided into %d parts for XLA: %s", name, len(divided.clusters), why)
        self._divided = divided

    def _on_host(self, values: Sequence[Any], state: RunState | None = None) -> list[Any]:
        plan = self._divided if self._divided is not None else self._host_plan()
        return plan.run(values, state)

    def _host_plan(self) -> HostPlan:
        plan = self._plan
        if plan is None:
            plan = self._plan = HostBackend().compile(self.program)
        return plan

    def _compile(
        self, values: Sequence[Any], state: RunState | None, signature: Any
    ) -> list[Any] | None:
        """Compile for these shapes and run; None (and never again) if that cannot be done."""
        from tidefall.runtime.xla.executable import XlaBackend

        _log.info(
            "%s moves to XLA for inputs of shapes %s: they took %.2f s on the host so far",
            self.program.name,
            list(signature),
            self._seconds.get(signature, 0.0),
        )
        try:
            if self._xla is None or len(self._compiled) >= SIGNATURE_LIMIT:
                self._compiled, self._seconds, self._least = {}, {}, {}
                self._xla = XlaBackend(specialize=False).compile(self.program)
            executable = self._xla
            result = executable.run(values, state)
        except OpError as error:
            # A value that XLA needs while compiling is known only at run time.
            self._divide(error.message)
            return None
        self._take(executable, signature)
        return result


def _aval_of(value: Any) -> Aval | None:
    """The shape and dtype of an array or of a variable's value; None for anything else."""
    array: Any = getattr(value, "value", value)
    devices: Any = getattr(array, "devices", None)
    is_host = type(array) is ndarray and array.dtype != object
    is_one_device = devices is not None and len(devices()) == 1
    return Aval(array.shape, array.dtype) if is_host or is_one_device else None


def shared_plan(plan: TieredExecutable) -> TieredExecutable:
    """The plan of another graph that computes the same, where there is one, else this one.

    So what was prepared and compiled for one version of a model serves the next one, which differs
    in weights. Graphs that have effects, or draw random numbers, keep their own plans.
    """
    key = content_hash(plan.program.graph) if plan.program.is_pure else None
    return plan if key is None else _shared.setdefault(key, plan)
