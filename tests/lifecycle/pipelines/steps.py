"""Components and a small pipeline for tests; also run as a program that may be killed."""

from __future__ import annotations

import os
import sys
import time

from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.dsl import nodes

Parameter = tfx.dsl.components.Parameter
InputArtifact = tfx.dsl.components.InputArtifact
OutputArtifact = tfx.dsl.components.OutputArtifact
OutputDict = tfx.dsl.components.OutputDict
artifacts = tfx.types.standard_artifacts


def note(log: str, text: str) -> None:
    with open(log, "a", encoding="utf-8") as file:
        file.write(text + "\n")


@tfx.dsl.components.component
def Number(value: Parameter[int], log: Parameter[str] = "") -> OutputDict(number=int):
    if log:
        note(log, f"number {value}")
    return {"number": value}


@tfx.dsl.components.component
def Square(
    number: int,
    model: OutputArtifact[artifacts.Model],
    log: Parameter[str] = "",
    seconds: Parameter[float] = 0.0,
) -> OutputDict(square=int, big=bool):
    with open(os.path.join(model.uri, "half"), "w", encoding="utf-8") as file:
        file.write(str(number))
    time.sleep(seconds)
    with open(os.path.join(model.uri, "number"), "w", encoding="utf-8") as file:
        file.write(str(number * number))
    if log:
        note(log, f"square {number}")
    return {"square": number * number, "big": number * number > 10}


@tfx.dsl.components.component
def Sum(
    left: int,
    right: int,
    model: InputArtifact[artifacts.Model],
    log: Parameter[str] = "",
) -> OutputDict(total=int):
    assert os.path.exists(os.path.join(model.uri, "number"))
    if log:
        note(log, "sum")
    return {"total": left + right}


@tfx.dsl.components.component
def Failing(number: int, until: Parameter[int], log: Parameter[str]) -> OutputDict(done=int):
    note(log, "try")
    with open(log, encoding="utf-8") as file:
        tries = file.read().count("try")
    if tries < until:
        raise ValueError("not yet")
    return {"done": tries}


@tfx.dsl.components.component
def Judge(
    model: InputArtifact[artifacts.Model],
    blessing: OutputArtifact[artifacts.ModelBlessing],
    good: Parameter[int],
):
    blessing.set_int_custom_property("blessed", good)
    blessing.set_int_custom_property("current_model_id", model.id)


@tfx.dsl.components.component
def Sleeping(seconds: Parameter[float], log: Parameter[str]) -> OutputDict(done=int):
    time.sleep(seconds)
    note(log, "slept")
    return {"done": 1}


class CountingSpec(nodes.ComponentSpec):
    PARAMETERS = {  # noqa: RUF012
        "log": nodes.ExecutionParameter(str),
        "wanted": nodes.ExecutionParameter(int),
    }
    OUTPUTS = {"count": nodes.ChannelParameter(artifacts.Integer)}  # noqa: RUF012


class CountingExecutor(nodes.BaseExecutor):
    """Counts one further in its `state_dir` each time, and fails until it is there."""

    def Do(self, input_dict, output_dict, exec_properties):
        os.makedirs(self.state_dir, exist_ok=True)
        path = os.path.join(self.state_dir, "count")
        count = 1
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                count += int(file.read())
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(count))
        note(exec_properties["log"], str(count))
        if count < exec_properties["wanted"]:
            raise ValueError("not yet")
        output_dict["count"][0].value = count


class Counting(nodes.BaseComponent):
    SPEC_CLASS, EXECUTOR_SPEC = CountingSpec, CountingExecutor

    def __init__(self, log, wanted):
        super().__init__(CountingSpec(log=log, wanted=wanted))


def squares(root: str, log: str = "", seconds: float = 0.0, cache: bool = True) -> tfx.dsl.Pipeline:
    three = Number(value=3, log=log)
    left = Square(number=three.outputs["number"], log=log, seconds=seconds).with_id("left")
    four = Number(value=4, log=log).with_id("four")
    right = Square(number=four.outputs["number"], log=log, seconds=seconds).with_id("right")
    total = Sum(
        left=left.outputs["square"],
        right=right.outputs["square"],
        model=left.outputs["model"],
        log=log,
    )
    # Given in another order than they run in.
    return tfx.dsl.Pipeline(
        "squares", root, components=[total, right, four, left, three], enable_cache=cache
    )


if __name__ == "__main__":
    made = squares(sys.argv[1], sys.argv[2], 0.05, cache=False)
    tfx.orchestration.LocalDagRunner(view="none").run(made)
