"""Agreeing on the step that all workers save after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.errors import FailedPreconditionError
from tidefall.base.replica_group import worker_group

Agreement = Callable[[bool], bool]
"""Given whether this worker wants to save after its next step, return whether any of them does. All
workers of a program ask, once a step."""


def alone(wanted: bool) -> bool:
    """Return what the only worker wants."""
    return wanted


def among_workers(wanted: bool) -> bool:
    """Return what any worker of the `MultiWorkerMirroredStrategy` wants: one small all-reduce.

    Raises:
        FailedPreconditionError: this process has no such strategy yet.
    """
    group = worker_group()
    if group is None:
        raise FailedPreconditionError(
            None,
            None,
            "The cluster of this PreemptionCheckpointHandler has several workers, but they are not "
            "connected. Make the tf.distribute.MultiWorkerMirroredStrategy before.",
        )
    return bool(group.all_reduce(np.array([wanted], np.int64), np.maximum)[0])


def agreement_of(cluster_resolver: Any) -> Agreement:
    """How the workers of a cluster agree.

    Args:
        cluster_resolver: a `tf.distribute.cluster_resolver.ClusterResolver`, or None.

    Raises:
        NotImplementedError: for a cluster with parameter servers, as in TensorFlow.
    """
    jobs = cluster_resolver.cluster_spec().as_dict() if cluster_resolver else {}
    if "ps" in jobs:
        raise NotImplementedError(
            "PreemptionCheckpointHandler does not support usage with "
            "tf.distribute.experimental.ParameterServerStrategy."
        )
    several = sum(len(jobs.get(job, ())) for job in ("chief", "worker")) > 1
    return among_workers if several and cluster_resolver.task_type != "evaluator" else alone
