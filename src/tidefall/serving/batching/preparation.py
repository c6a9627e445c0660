"""Readying a model for the sizes its batches will have, before traffic asks for each of them.

A model that starts on the host moves to compiled programs one batch size at a time, whenever a size
has been used for long enough, and requests are slower while anything is compiled. Here all sizes
are compiled one after the other as soon as the first batch shows what a row looks like.
"""

from __future__ import annotations

import logging
import time

import numpy as np

from tidefall.serving.batching.queues import Policy
from tidefall.serving.batching.scheduler import BatchScheduler
from tidefall.serving.models.prediction import run_checked
from tidefall.serving.models.servable import Arrays, Signature

_logger = logging.getLogger("tidefall.serving")
_RUNS = 5
_LONG = 0.1  # Seconds of runs after which one more would tell little.


def prepare(
    where: str, signature: Signature, inputs: Arrays, policy: Policy, scheduler: BatchScheduler
) -> None:
    """Compiles a signature for the sizes of its policy, and tells the policy how long each takes.

    Args:
        where: the signature's place, for messages.
        signature: what to run.
        inputs: arrays `[rows, ...]` by name, of which the first row is used.
        policy: says which sizes, and learns.
        scheduler: its lock guards the policy.
    """
    from tidefall.runtime.policy import tiers
    from tidefall.runtime.policy.compile_service import blocking

    begin = time.perf_counter()
    prepared: list[int] = []
    sizes = policy.sizes()

    def next_size() -> int | None:
        with scheduler.lock:
            return next(sizes, None)

    try:
        while (size := next_size()) is not None:
            batch = {name: np.repeat(array[:1], size, axis=0) for name, array in inputs.items()}
            with blocking(False):
                seconds = _time(signature, batch)
            if signature.compiles and seconds > tiers.policy.quick:
                with blocking():
                    run_checked(signature, batch)
                seconds = _time(signature, batch)
                prepared.append(size)
            with scheduler.lock:
                policy.learn(size, seconds)
    except Exception as error:  # noqa: BLE001 - the model runs as it would without this.
        _logger.info("%s: not prepared for more batch sizes: %s", where, error)
    if prepared:
        spent = time.perf_counter() - begin
        _logger.info("%s: prepared for batches of %s rows in %.1f s", where, prepared, spent)


def _time(signature: Signature, batch: Arrays) -> float:
    runs = _RUNS if signature.compiles else 1  # Who does more than compute is not run for nothing.
    seconds: list[float] = []
    while len(seconds) < runs and sum(seconds) < _LONG:
        begin = time.perf_counter()
        run_checked(signature, batch)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)
