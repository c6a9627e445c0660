"""Agreeing on the step that all workers save after."""

from __future__ import annotations

from typing import Any, Protocol

from tidefall.base.errors import UnimplementedError


class Agreement(Protocol):
    """How the workers of a program agree on the step that all of them save after.

    Attributes:
        step: the number of runs that is agreed on; None as long as there is none.
    """

    step: int | None

    def propose(self, step: int) -> None:
        """Have all workers save after a number of runs; the first proposal counts."""
        ...

    def renew(self) -> None:
        """Forget the step, for one more save when the grace period ends."""
        ...


class SingleWorker:
    """The agreement of one worker with itself."""

    def __init__(self) -> None:
        self.step: int | None = None

    def propose(self, step: int) -> None:
        """Save after a number of runs."""
        self.step = step

    def renew(self) -> None:
        """Forget the step."""
        self.step = None


def agreement_of(cluster_resolver: Any) -> Agreement:
    """How the workers of a cluster agree.

    Args:
        cluster_resolver: a `tf.distribute.cluster_resolver.ClusterResolver`, or None.

    Raises:
        NotImplementedError: for a cluster with parameter servers, as in TensorFlow.
        UnimplementedError: for one of several workers.
    """
    jobs = cluster_resolver.cluster_spec().as_dict() if cluster_resolver else {}
    if "ps" in jobs:
        raise NotImplementedError(
            "PreemptionCheckpointHandler does not support usage with "
            "tf.distribute.experimental.ParameterServerStrategy."
        )
    if sum(len(tasks) for tasks in jobs.values()) > 1:
        raise UnimplementedError(
            None,
            None,
            "PreemptionCheckpointHandler for several workers is not implemented in Tidefall yet; "
            f"the cluster has {jobs}.",
        )
    return SingleWorker()
