"""Components that are a command in a container."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tidefall.base import errors
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.dsl.placeholders import Name, Placeholder, evaluated
from tidefall.lifecycle.pipelines.failures import invalid, missing
from tidefall.lifecycle.pipelines.types.artifact import Artifact, ValueArtifact


class InputValuePlaceholder(Name):
    """The value of an input artifact or a parameter."""

    def __init__(self, input_name: str):
        super().__init__("input_value", input_name)


class InputUriPlaceholder(Name):
    """The place of an input artifact."""

    def __init__(self, input_name: str):
        super().__init__("input_uri", input_name)


class OutputUriPlaceholder(Name):
    """The place of an output artifact."""

    def __init__(self, output_name: str):
        super().__init__("output_uri", output_name)


class _ContainerScope:
    def __init__(self, inputs: Any, outputs: Any, parameters: Any):
        self._inputs, self._outputs, self._parameters = inputs, outputs, parameters

    def named(self, kind: str, key: str) -> Any:
        if kind == "exec_property" or (kind == "input_value" and key in self._parameters):
            return self._parameters[key]
        group = self._outputs if kind.startswith("output") else self._inputs
        if key not in group:
            raise invalid(f"{kind}({key!r}): the container's component has no such name")
        if kind.endswith("_uri"):
            return group[key][0].uri
        return group[key][0].read() if kind == "input_value" else group[key]


class ContainerExecutor(BaseExecutor):
    """Runs the command by docker or podman, with the folders of artifacts mounted."""

    keeps_time = True

    IMAGE: ClassVar[str]
    COMMAND: ClassVar[tuple[Any, ...]]

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        program = shutil.which("docker") or shutil.which("podman")
        if program is None:
            raise missing(
                f"a component of image {self.IMAGE!r} needs docker or podman, and neither is "
                "installed; install one, or compile the pipeline to run it in a cluster"
            )
        scope = _ContainerScope(input_dict, output_dict, exec_properties)
        words = [str(evaluated(part, scope)) for part in self.COMMAND]
        mounts: list[str] = []
        for group, mode in ((input_dict, "ro"), (output_dict, "rw")):
            for place in (_folder(one) for many in group.values() for one in many):
                mounts += ["--volume", f"{place}:{place}:{mode}"]
        # What docker's containers write would be root's; podman's root is who started it. With
        # --init the command ends when docker is told to end.
        user = [f"--user={os.getuid()}:{os.getgid()}"] if program.endswith("docker") else []
        self._run([program, "run", "--rm", "--init", *user, *mounts, self.IMAGE, *words])

    def _run(self, command: list[str]) -> None:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            _, words = process.communicate(timeout=self.timeout_seconds)
        except subprocess.TimeoutExpired:
            raise errors.DeadlineExceededError(
                None, None, f"the container of image {self.IMAGE!r} was ended after its "
                f"{self.timeout_seconds:g} s; give it more by .with_options(timeout_seconds=...)",
            ) from None  # fmt: skip
        finally:
            _end(process)
        if process.returncode in _NOT_STARTED:
            raise errors.FailedPreconditionError(
                None, None, f"{command[0]} could not start a container of image {self.IMAGE!r}:\n"
                + words[-4000:],
            )  # fmt: skip
        if process.returncode:
            raise invalid(
                f"the container of image {self.IMAGE!r} ended with status {process.returncode}:\n"
                + words[-4000:]
            )


_NOT_STARTED = (125, 126, 127)
"""What docker and podman end with if they fail themselves, or cannot run or find the command."""


def _folder(artifact: Artifact) -> str:
    """What is mounted: a file that is not there yet would be mounted as a folder."""
    is_value = isinstance(artifact, ValueArtifact)
    return os.path.dirname(artifact.uri) if is_value else artifact.uri


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def create_container_component(
    name: str, image: str, command: Sequence[str | Placeholder],
    inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> type[BaseComponent]:  # fmt: skip
    """Make a component of a command in a container.

    Args:
        name: the component's name.
        image: the container's image.
        command: the command's words; placeholders stand for values and places of artifacts.
        inputs: types of artifacts by name.
        outputs: types of artifacts by name.
        parameters: types of parameters by name.

    Returns:
        A class of components; its arguments are keywords.
    """
    spec = type(
        f"{name}_Spec", (ComponentSpec,),
        {"INPUTS": {k: ChannelParameter(v) for k, v in (inputs or {}).items()},
         "OUTPUTS": {k: ChannelParameter(v) for k, v in (outputs or {}).items()},
         "PARAMETERS": {k: ExecutionParameter(v) for k, v in (parameters or {}).items()}},
    )  # fmt: skip
    executor = type(
        f"{name}_Executor", (ContainerExecutor,), {"IMAGE": image, "COMMAND": tuple(command)}
    )

    def __init__(self: BaseComponent, **given: Any) -> None:
        BaseComponent.__init__(self, spec(**given))

    return type(
        name, (BaseComponent,),
        {"__init__": __init__, "SPEC_CLASS": spec, "EXECUTOR_SPEC": executor},
    )  # fmt: skip
