"""The processes of a job where Ray puts them: each beside an actor that starts and watches it.

A placement group has a bundle for each task, on different machines where there are enough. Ray
knows nothing of the job but that: restarts and the end of the job are the supervisor's, as on one
machine. A task whose machine is lost cannot come back, since others know its address: the job fails
and says so.
"""

# Ray is an extra.
# pyright: reportMissingImports=false
from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.errors import FailedPreconditionError, ResourceExhaustedError
from tidefall.distribute.launch.processes import LocalProcess, Show, Task, free_addresses
from tidefall.distribute.progress import NO_PROGRESS, Progress

PLACEMENT_SECONDS = 60.0
"""How long the cluster may take to make room for the job."""
_LOST = -int(signal.SIGKILL)
_SET_DEATH_SIGNAL = 1


class RayPlace:
    """The machines of the Ray cluster that this process belongs to, or of one that it starts.

    Args:
        tasks: the job.
        cpus: processors for each of them.
        gpus: GPUs for each worker and chief.

    Raises:
        FailedPreconditionError: Ray is not installed.
        ResourceExhaustedError: the cluster has no room.
    """

    def __init__(self, tasks: Sequence[Task], cpus: float = 1.0, gpus: float = 0.0):
        try:
            import ray
            from ray.util.placement_group import placement_group
            from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy
        except ImportError as error:
            raise FailedPreconditionError(
                None, None, "--on ray needs Ray: pip install 'tidefall[ray]'"
            ) from error
        self._ray: Any = ray
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(log_to_driver=False, logging_level="error")
        bundles: list[dict[str, float]] = []
        for task in tasks:
            trains = gpus and task.kind in ("chief", "worker")
            bundles.append({"CPU": cpus, **({"GPU": gpus} if trains else {})})
        group: Any = placement_group(bundles, strategy="SPREAD")
        self._group = group
        if not group.wait(PLACEMENT_SECONDS):
            asked = {kind: sum(b.get(kind, 0.0) for b in bundles) for kind in ("CPU", "GPU")}
            there = {kind: ray.available_resources().get(kind, 0.0) for kind in asked}
            self.close()
            raise ResourceExhaustedError(
                None,
                None,
                f"The Ray cluster made no room for {len(bundles)} tasks within "
                f"{PLACEMENT_SECONDS:.0f} s: they ask for {asked}, and {there} are free.",
            )
        host: Any = ray.remote(_Host)
        self._hosts: dict[Task, Any] = {
            task: host.options(
                num_cpus=bundle["CPU"],
                num_gpus=bundle.get("GPU", 0),
                scheduling_strategy=PlacementGroupSchedulingStrategy(group, i),
            ).remote()
            for i, (task, bundle) in enumerate(zip(tasks, bundles, strict=True))
        }

    def addresses(self, tasks: Sequence[Task]) -> list[str]:
        """See `Place`."""
        return self._ray.get([self._hosts[task].address.remote() for task in tasks])

    def start(
        self, task: Task, command: Sequence[str], environment: Mapping[str, str], show: Show
    ) -> RayProcess:
        """See `Place`."""
        host = self._hosts[task]
        process = RayProcess(self._ray, host, show)
        process.ask(host.start.remote(list(command), dict(environment)), None)
        return process

    def close(self) -> None:
        """Give the machines back."""
        from ray.util.placement_group import remove_placement_group

        if self._ray.is_initialized():
            remove_placement_group(self._group)
            if self._started:
                self._ray.shutdown()


class RayProcess:
    """A process beside an actor.

    Args:
        ray: the module.
        host: the actor.
        show: called with each line that the process prints.
    """

    def __init__(self, ray: Any, host: Any, show: Show):
        self._ray, self._host, self._show = ray, host, show
        self._is_stopped = False
        self._progress = NO_PROGRESS

    def ask(self, answer: Any, otherwise: Any) -> Any:
        """What the actor answers; `otherwise` if it, or its machine, is lost."""
        try:
            return self._ray.get(answer)
        except self._ray.exceptions.RayActorError as error:
            self._show(f"its machine is lost: {str(error).splitlines()[0]}")
            return otherwise

    def poll(self) -> int | None:
        """See `Process`."""
        return self.wait(0.0)

    def wait(self, seconds: float) -> int | None:
        """See `Process`."""
        status, self._is_stopped, lines, self._progress = self.ask(
            self._host.state.remote(seconds), (_LOST, False, [], self._progress)
        )
        for line in lines:
            self._show(line)
        return status

    def is_stopped(self) -> bool:
        """See `Process`; as of the last `poll`."""
        return self._is_stopped

    def signal(self, number: int) -> None:
        """See `Process`."""
        self.ask(self._host.signal.remote(number), None)

    def progress(self) -> Progress:
        """See `Process`; as of the last `poll`."""
        return self._progress

    def tell_finished(self, addresses: Sequence[str]) -> None:
        """See `Process`."""
        self.ask(self._host.tell_finished.remote(list(addresses)), None)

    def close(self) -> None:
        """See `Process`."""
        self.poll()
        self.ask(self._host.close.remote(), None)


class _Host:
    """The actor: it starts a process on its machine, and tells what becomes of it."""

    def __init__(self) -> None:
        self._process: LocalProcess | None = None
        self._lines: list[str] = []

    def address(self) -> str:
        """One of this machine, with a free port."""
        import ray

        return free_addresses(1, ray.util.get_node_ip_address())[0]

    def start(self, command: list[str], environment: dict[str, str]) -> None:
        """Start the process, by the Python of this machine if it is one of Python."""
        command = [sys.executable if part == "python" else part for part in command]
        self._process = LocalProcess(
            [sys.executable, "-c", _UNTIL_DEATH, str(os.getpid()), *command],
            {**os.environ, **environment},
            self._lines.append,
        )

    def state(self, seconds: float) -> tuple[int | None, bool, list[str], Progress]:
        """Its exit status, whether it is stopped, what it has printed since the last time, and the
        steps that it has done."""
        assert self._process is not None
        status = self._process.wait(seconds) if seconds else self._process.poll()
        if status is not None:
            self._process.join()
        lines, self._lines[:] = self._lines[:], []
        return status, self._process.is_stopped(), lines, self._process.progress()

    def close(self) -> None:
        """The process has ended."""
        assert self._process is not None
        self._process.close()

    def tell_finished(self, addresses: list[str]) -> None:
        """Tell it who has ended."""
        assert self._process is not None
        self._process.tell_finished(addresses)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.signal(number)


# Ray ends actors without a word, and what they started must not go on without them.
_UNTIL_DEATH = f"""
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl({_SET_DEATH_SIGNAL}, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
