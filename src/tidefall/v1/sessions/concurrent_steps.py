"""Running the steps of a plan of which several may wait, for a queue say, each in a thread.

The nodes of a graph have no order but the one their inputs and control inputs give. What waits must
not keep back what it waits for, so a step runs as soon as those before it have.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.graph.operation import Operation
from tidefall.op.traits import WAITS
from tidefall.ops.queues.waiting import QueueValue


def needs_threads(nodes: Sequence[Operation]) -> bool:
    """Whether nodes could wait for one another."""
    return sum(WAITS in node.op_type.traits for node in nodes) > 1


class StepOrder:
    """For each step the ones that have to be done before it.

    Args:
        nodes: the nodes, each after those it reads or waits for.
        steps: their steps.
    """

    def __init__(self, nodes: Sequence[Operation], steps: Sequence[Any]):
        own: dict[int, list[int]] = {}
        for i, step in enumerate(steps):
            own.setdefault(id(step.node), []).append(i)
        done: dict[int, frozenset[int]] = {}
        self.before: list[frozenset[int]] = [frozenset()] * len(steps)
        for node in nodes:
            sources = (*(tensor.op for tensor in node.inputs), *node.control_inputs)
            earlier = frozenset().union(*(done.get(id(source), ()) for source in sources))
            mine = own.get(id(node), [])
            for position, i in enumerate(mine):
                self.before[i] = earlier | frozenset(mine[:position])
            done[id(node)] = frozenset(mine) if mine else earlier


def run_steps(
    steps: Sequence[Any], order: StepOrder, values: list[Any], run: Callable[[Any, list[Any]], None]
) -> None:
    """Run all steps, those that may wait in threads of their own.

    Args:
        steps: the steps.
        order: what each has to follow.
        values: the values by slot.
        run: runs one step.

    Raises:
        OpError: the first one that a step raises; what still waits is cancelled.
    """
    done: set[int] = set()
    pending = list(range(len(steps)))
    running: dict[int, int] = {}
    finished: queue.SimpleQueue[tuple[int, BaseException | None]] = queue.SimpleQueue()

    def work(i: int) -> None:
        token = begin_quiet(QUIET)
        try:
            with graph_scope(None), tapes_paused():
                run(steps[i], values)
            finished.put((i, None))
        except BaseException as error:  # noqa: BLE001 - raised where the plan is run
            finished.put((i, error))
        finally:
            end_quiet(token)

    try:
        while pending or running:
            ready = [i for i in pending if order.before[i] <= done]
            pending = [i for i in pending if not order.before[i] <= done]
            for i in ready:
                if WAITS in steps[i].node.op_type.traits:
                    thread = threading.Thread(target=work, args=(i,), daemon=True)
                    thread.start()
                    running[i] = thread.ident or 0
                else:
                    run(steps[i], values)
                    done.add(i)
            if running and not any(order.before[i] <= done for i in pending):
                i, error = finished.get()
                del running[i]
                done.add(i)
                if error is not None:
                    raise error
    finally:
        for i, thread_id in running.items():
            for value in (values[slot] for slot in steps[i].inputs):
                if isinstance(value, QueueValue):
                    value.cancel_thread(thread_id)
