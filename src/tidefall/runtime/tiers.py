"""Which executor runs a function that was not asked to be compiled.

It starts on the host executor, which costs no compilation. When calls with the same shapes have
taken as long there as a compilation would, it moves to XLA. So compiling never takes more time than
running on the host did, however many shapes there are, and shapes that come seldom stay on the
host. Where XLA has no way to do some op, an assertion for one, the parts of the graph around it
(`partition`) move each by itself.
`TIDEFALL_TIER=host` or `tf.config.experimental.set_execution_tier("host")` keeps everything on the
host; "xla" compiles what can be compiled at the first call. The logger `tidefall.runtime` says at
level INFO what was compiled and what stays on the host.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from functools import cache, partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

from tidefall.core import dtypes
from tidefall.core.errors import OpError
from tidefall.core.exports import export
from tidefall.core.state import state
from tidefall.graph.analysis import has_effects, random_nodes
from tidefall.graph.content import content_hash
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.options import get_jit
from tidefall.ops.random_seeds import seeds_required
from tidefall.runtime import beside
from tidefall.runtime.checks import needs_host, prepared
from tidefall.runtime.compilable import blocking_ops, shares_variables, sharing_inputs
from tidefall.runtime.host import HostPlan
from tidefall.runtime.node_places import common_place
from tidefall.runtime.partition import partition

TIERS = ("auto", "host", "xla")
COMPILE_SECONDS = 1.0
"""Host time with one signature after which compiling it is taken to pay; the time of the last
compilation, if that was longer."""
BESIDE_SHARE = 0.25
"""The same beside the calls, once the function has been compiled for one signature, as a share of
the time that took: a server's calls are slower while anything is compiled, so that all its batch
sizes had better be done with soon."""
QUICK = 1e-4
"""Seconds on the host below which a function is not compiled beside the calls: calling a program
takes that too, and importing the compiler would hold them all up for a third of a second."""
SIGNATURE_LIMIT = 64
"""Signatures of one function that are compiled at a time; then all start on the host again."""
_MOST_TIMED = 4096

_log = logging.getLogger("tidefall.runtime")
_shared: WeakValueDictionary[str, TieredPlan] = WeakValueDictionary()
_pinned = {"tier": os.environ.get("TIDEFALL_TIER", "auto")}


def _stay_on_host() -> None:
    """XLA's threads do not live on in a forked process: what may choose stays on the host."""
    if "jax" in sys.modules and _pinned["tier"] == "auto":
        _pinned["tier"] = "host"


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
    if tier not in TIERS:
        raise ValueError(f"tier must be one of {TIERS}. Received: {tier!r}")
    _pinned["tier"] = tier


@export("config.experimental.get_execution_tier")
def get_execution_tier() -> str:
    """Where functions without `jit_compile=True` run: "auto", "host" or "xla"."""
    return _pinned["tier"]


def current_tier() -> str:
    """Where functions run now. What depends on how long things take is not for those who ask for
    the same result every time."""
    tier = _pinned["tier"]
    if tier != "auto":
        return tier
    if get_jit():
        return "xla"
    return "host" if seeds_required() else tier


def eager_may_compile() -> bool:
    """Whether an eager op that costs much may move to its lowering."""
    return current_tier() != "host" and _has_jax()


@cache
def _has_jax() -> bool:
    return find_spec("jax") is not None


class TieredPlan:
    """A graph on the host executor that may move to XLA, one shape signature at a time.

    Args:
        graph: the graph.
        name: its name, for messages.
        divides: whether parts of it may move where the whole cannot.
    """

    def __init__(self, graph: FuncGraph, name: str, divides: bool = True):
        self.graph = graph
        self._name = name
        self._divides = divides
        self._clusters: list[_Cluster] = []
        self._place = common_place(graph)
        self._plan: HostPlan | None = None
        self._divided: HostPlan | None = None
        self._executable: Any = None
        self._compilable: bool | None = False if needs_host(graph) else None
        self._seconds: dict[Any, float] = {}
        self._least: dict[Any, float] = {}
        self._compiled: dict[Any, Any] = {}
        self._threshold = COMPILE_SECONDS
        self._awaited: set[Any] = set()
        self._pure: bool | None = None
        self._sharing = sharing_inputs(graph)
        arrays = [
            i
            for i, t in enumerate(graph.inputs)
            if t.dtype not in (dtypes.resource, dtypes.variant, dtypes.string)
        ]
        self._arrays = arrays

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        place = self._place if self._place is not None else state.place
        tier = "xla" if place is not None and place.accelerated else current_tier()
        if self._sharing and shares_variables(self._sharing, values):
            # From the graph nobody can tell that their order matters.
            return self._host_plan().run(values)
        if self._compilable is False or tier == "host":
            return self._on_host(values)
        signature = tuple([values[i].shape for i in self._arrays])
        executable = self._compiled.get(signature)
        if executable is not None:
            return executable(values)
        spent = self._seconds.get(signature, 0.0)
        if spent > self._threshold or tier == "xla" or beside.is_at_once():
            compiled = self._move(values, signature, tier)
            if compiled is not None:
                return compiled
        start = perf_counter()
        result = self._on_host(values)
        seconds = perf_counter() - start
        if len(self._seconds) >= _MOST_TIMED:
            self._seconds, self._least = {}, {}
        self._seconds[signature] = spent + seconds
        if seconds < self._least.get(signature, seconds + 1.0):
            self._least[signature] = seconds
        return result

    def _move(self, values: Sequence[Any], signature: Any, tier: str) -> list[Any] | None:
        """Compile in this call, or have it done beside it; None where it runs on the host."""
        at_once = beside.is_at_once()
        if tier != "xla" and not at_once and beside.is_beside() and self.only_computes():
            # The least, since a call may have waited for other threads.
            pays = self._least.get(signature, QUICK) >= QUICK
            if pays and signature not in self._awaited:
                self._awaited.add(signature)
                if not beside.submit(partial(self._compile_beside, list(values), signature)):
                    self._awaited.discard(signature)
            return None
        result = self._compile(values, signature)
        # A part of a graph may be a few small nodes, which the host does faster.
        measured = tier != "xla" and (at_once or not self._divides)
        if measured and result is not None and self.only_computes():
            self._keep_faster(values, signature)
        return result

    def only_computes(self) -> bool:
        """Whether a call that nobody asked for changes nothing."""
        if self._pure is None:
            self._pure = not has_effects(self.graph) and not random_nodes(self.graph)
        return self._pure

    def _compile_beside(self, values: Sequence[Any], signature: Any) -> None:
        try:
            if signature in self._compiled:
                return  # `at_once` came before.
            if self._compile(values, signature) is not None:
                self._keep_faster(values, signature)
        finally:
            self._awaited.discard(signature)

    def _keep_faster(self, values: Sequence[Any], signature: Any) -> None:
        compiled = self._compiled.get(signature)
        if compiled is not None:
            ways = self._on_host, compiled
            self._compiled[signature] = beside.faster(*ways, values, self._name)

    def prepare(self) -> None:
        """Make the plan for the host now, so that the first call need not."""
        self._host_plan()

    def is_compilable(self) -> bool:
        """Whether it does nothing but compute, and all of it or parts of it can be compiled."""
        return self.only_computes() and (self._is_whole() or bool(self._clusters))

    def _is_whole(self) -> bool:
        """Whether XLA can take the whole graph, as far as its ops tell; else it is divided now."""
        if self._compilable is None:
            why = self._obstacle()
            self._compilable = not why
            if why:
                self._divide(why)
        return self._compilable

    def _obstacle(self) -> str:
        """What keeps XLA from taking the whole graph, in words; empty if nothing does."""
        kinds = sorted({node.type for node in blocking_ops(self.graph, checks=True)})
        if kinds:
            return f"XLA has no {', '.join(kinds)}"
        if any(t.dtype == dtypes.string for t in self.graph.inputs):
            return "it takes text"
        # Each length of a list would be a program of its own, and its elements copied for each
        # call: the body of a loop that takes from a list stays with the loop.
        takes_lists = any(t.dtype == dtypes.variant for t in self.graph.inputs)
        return "it takes a list or a dataset" if takes_lists else ""

    def _divide(self, why: str) -> None:
        """Run on the host from now on, with calls of those parts that XLA can take."""
        self._compilable = False
        self._clusters = []
        graph = partition(self.graph, self._cluster) if self._divides else None
        if graph is None:
            _log.info("%s stays on the host: %s", self._name, why)
            return
        _log.info("%s is divided into %d parts for XLA: %s", self._name, len(self._clusters), why)
        self._divided = HostPlan(prepared(graph))

    def _cluster(self, name: str, graph: FuncGraph) -> _Cluster:
        cluster = _Cluster(name, graph)
        self._clusters.append(cluster)
        return cluster

    def _on_host(self, values: Sequence[Any]) -> list[Any]:
        plan = self._divided if self._divided is not None else self._host_plan()
        return plan.run(values)

    def _host_plan(self) -> HostPlan:
        plan = self._plan
        if plan is None:
            plan = self._plan = HostPlan(prepared(self.graph))
        return plan

    def _compile(self, values: Sequence[Any], signature: Any) -> list[Any] | None:
        """Compile for these shapes and run; None (and never again) if that cannot be done."""
        if not self._is_whole():
            return None
        from tidefall.runtime.xla import XlaExecutable

        _log.info(
            "%s moves to XLA for inputs of shapes %s: they took %.2f s on the host so far",
            self._name,
            list(signature),
            self._seconds.get(signature, 0.0),
        )
        try:
            if self._executable is None or len(self._compiled) >= SIGNATURE_LIMIT:
                self._compiled, self._seconds, self._least = {}, {}, {}
                self._executable = XlaExecutable(self.graph, self._name, specialize=False)
            executable = self._executable
            result = executable(values)
        except OpError as error:
            # A value that XLA needs while compiling is known only at run time.
            self._divide(error.message)
            return None
        self._compiled[signature] = executable
        price = executable.seconds
        beside_calls = beside.is_beside()
        self._threshold = BESIDE_SHARE * price if beside_calls else max(COMPILE_SECONDS, price)
        return result


class _Cluster:
    """A part of a graph: what the `f` attribute of the call that stands for it refers to."""

    jit_compile = False

    def __init__(self, name: str, graph: FuncGraph):
        self.name = name
        self.graph = graph
        self.run = TieredPlan(graph, name, divides=False)


def shared_plan(plan: TieredPlan) -> TieredPlan:
    """The plan of another graph that computes the same, where there is one, else this one.

    So what was prepared and compiled for one version of a model serves the next one, which differs
    in weights. Graphs that have effects, or draw random numbers, keep their own plans.
    """
    key = content_hash(plan.graph) if plan.only_computes() else None
    return plan if key is None else _shared.setdefault(key, plan)
