"""How many threads models may use to compute."""

from __future__ import annotations

import logging
import math
import os

from tidefall.serving.operations.process import usable_cpus

_logger = logging.getLogger("tidefall.serving")


def threads_for_ops(intra: int, session: int, usable: float, seen: int) -> int:
    """How many threads one op may use; 0 leaves it to the libraries, which take all they see.

    Args:
        intra: `--tensorflow_intra_op_parallelism`, or 0.
        session: `--tensorflow_session_parallelism`, or 0.
        usable: how many processors the process may use at once.
        seen: how many processors there are.

    >>> threads_for_ops(0, 0, 1.5, 64)
    2
    """
    if intra or session:
        return intra or session
    return math.ceil(usable) if math.ceil(usable) < seen else 0


def limit_op_threads(intra: int, inter: int, session: int) -> None:
    """Sets the number of threads of ops, before anything is computed."""
    if inter:
        _logger.warning(
            "--tensorflow_inter_op_parallelism=%d has no effect: the ops of one request run one "
            "after the other; requests run side by side on --rest_api_num_threads",
            inter,
        )
    threads = threads_for_ops(intra, session, usable_cpus(), os.cpu_count() or 1)
    if threads:
        # Imported late: a server that leaves it to the libraries need not load them yet.
        from tidefall.runtime.devices.threads import set_intra_op_parallelism_threads

        set_intra_op_parallelism_threads(threads)
