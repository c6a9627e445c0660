"""`@component`: a component made of a function whose annotations say what it takes."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any, ClassVar

from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid, unimplemented
from tidefall.lifecycle.pipelines.types.artifact import Artifact, single
from tidefall.lifecycle.pipelines.types.standard_artifacts import value_artifact_for


class _Marked:
    def __init__(self, kind: str, type: Any):
        self.kind, self.type = kind, type

    def __call__(self) -> None:
        """Annotations must be callable for `typing`."""


class _Annotation:
    def __init__(self, kind: str):
        self._kind = kind

    def __getitem__(self, type: Any) -> Any:
        return _Marked(self._kind, type)


InputArtifact = _Annotation("input")
OutputArtifact = _Annotation("output")
Parameter = _Annotation("parameter")


class OutputDict:
    """What a function returns, by name: `-> OutputDict(loss=float)`."""

    def __init__(self, **outputs: Any):
        self.outputs = outputs


class FunctionExecutor(BaseExecutor):
    """Calls the function with artifacts, values and parameters, and stores what it returns."""

    FUNCTION: ClassVar[Any]
    FORMATS: ClassVar[dict[str, str]]
    RETURNS: ClassVar[dict[str, bool]]

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        given: dict[str, Any] = {}
        for name, kind in self.FORMATS.items():
            if kind == "output":
                given[name] = output_dict[name][0]
            elif kind == "parameter" and name in exec_properties:
                given[name] = exec_properties[name]
            elif kind == "inputs":
                given[name] = input_dict.get(name, [])
            elif kind == "input" and input_dict.get(name):
                given[name] = single(input_dict[name], name)
            elif kind == "value" and name in exec_properties:
                given[name] = exec_properties[name]
            elif kind == "value" and input_dict.get(name):
                given[name] = single(input_dict[name], name).read()
        name = self.FUNCTION.__name__
        returned = self.FUNCTION(**given) or {}
        if not isinstance(returned, dict):
            raise invalid(f"component {name} must return a dict of outputs, got {returned!r}")
        for key, is_optional in self.RETURNS.items():
            if key not in returned or (returned[key] is None and not is_optional):
                raise invalid(f"component {name} returned no value for its output {key!r}")
            try:
                output_dict[key][0].value = returned[key]
            except TypeError as error:
                raise invalid(f"component {name}, output {key!r}: {error}") from None


def _plain_type(annotation: Any) -> tuple[Any, bool]:
    """A type without its Optional, and whether it had one."""
    arguments = [one for one in typing.get_args(annotation) if one is not type(None)]
    is_union = type(None) in typing.get_args(annotation) and len(arguments) == 1
    inner = arguments[0] if is_union else annotation
    return typing.get_origin(inner) or inner, is_union


def _returned(annotation: Any) -> dict[str, Any]:
    if annotation in (None, type(None), inspect.Parameter.empty):
        return {}
    if isinstance(annotation, OutputDict):
        return annotation.outputs
    if typing.is_typeddict(annotation):
        return typing.get_type_hints(annotation)
    raise invalid(f"a component returns None, an OutputDict or a TypedDict, got {annotation!r}")


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return inspect.get_annotations(function, eval_str=True)
    except NameError as error:
        raise invalid(f"component {function.__name__}: an annotation is unknown: {error}") from None


def component(
    func: Callable[..., Any] | None = None, /, *, component_annotation: Any = None,
    use_beam: bool = False,
) -> Any:  # fmt: skip
    """Make a component of a function at the top level of a module.

    Arguments annotated `InputArtifact[T]` and `OutputArtifact[T]` are artifacts, `Parameter[T]` are
    given when the pipeline is made, and plain types (int, float, str, bytes, bool, dict, list) are
    values that other components returned. What it returns is a dict of plain values.

    Args:
        func: the function.
        component_annotation: what kind of execution it is; for TFX's sake.
        use_beam: not supported.

    Returns:
        A class of components; its arguments are keywords.

    Raises:
        InvalidArgumentError: annotations that say nothing, or a function inside another.
    """
    if func is None:
        return functools.partial(
            component, component_annotation=component_annotation, use_beam=use_beam
        )
    if use_beam:
        raise unimplemented("component(use_beam=True): there is no Beam here")
    if "<locals>" in func.__qualname__:
        raise invalid(
            f"component {func.__qualname__} is defined inside a function; move it to the top level "
            "of its module, where other processes find it"
        )
    annotations = _annotations(func)
    inputs: dict[str, ChannelParameter] = {}
    outputs: dict[str, ChannelParameter] = {}
    parameters: dict[str, ExecutionParameter] = {}
    formats: dict[str, str] = {}
    for name, argument in inspect.signature(func).parameters.items():
        has_default = argument.default is not inspect.Parameter.empty
        annotation = annotations.get(name)
        kind = getattr(annotation, "kind", "value")
        marked = getattr(annotation, "type", annotation)
        if kind == "output":
            outputs[name] = ChannelParameter(marked)
        elif kind == "parameter":
            parameters[name] = ExecutionParameter(marked, has_default)
        elif kind == "input":
            many = typing.get_origin(marked) is list
            artifact = typing.get_args(marked)[0] if many else marked
            if not (isinstance(artifact, type) and issubclass(artifact, Artifact)):
                raise invalid(f"component {func.__name__}: {name} names no type of artifact")
            inputs[name] = ChannelParameter(artifact, has_default)
            kind = "inputs" if many else "input"
        else:
            artifact = value_artifact_for(_plain_type(annotation)[0])
            if artifact is None:
                raise invalid(
                    f"component {func.__name__}: argument {name!r} needs an annotation: "
                    f"InputArtifact[T], OutputArtifact[T], Parameter[T] or a plain type, "
                    f"got {annotation!r}"
                )
            inputs[name] = ChannelParameter(artifact, has_default)
        formats[name] = kind
    returns: dict[str, bool] = {}
    for name, annotation in _returned(annotations.get("return")).items():
        plain, is_optional = _plain_type(annotation)
        artifact = value_artifact_for(plain)
        if artifact is None:
            raise invalid(f"component {func.__name__}: output {name!r} cannot be a {annotation!r}")
        outputs[name], returns[name] = ChannelParameter(artifact), is_optional
    return _component_class(func, inputs, outputs, parameters, formats, returns)


def _component_class(
    func: Any, inputs: Any, outputs: Any, parameters: Any, formats: Any, returns: Any
) -> type[BaseComponent]:
    name = func.__name__
    spec = type(
        f"{name}_Spec", (ComponentSpec,),
        {"INPUTS": inputs, "OUTPUTS": outputs, "PARAMETERS": parameters},
    )  # fmt: skip
    executor = type(
        f"{name}_Executor", (FunctionExecutor,),
        {"FUNCTION": staticmethod(func), "FORMATS": formats, "RETURNS": returns,
         "__module__": func.__module__},
    )  # fmt: skip

    def __init__(self: BaseComponent, *unnamed: Any, **given: Any) -> None:
        if unnamed:
            raise invalid(f"{name} takes its arguments by keyword")
        BaseComponent.__init__(self, spec(**given))

    return type(
        name, (BaseComponent,),
        {"__init__": __init__, "SPEC_CLASS": spec, "EXECUTOR_SPEC": executor,
         "__module__": func.__module__, "__doc__": func.__doc__, "test_call": staticmethod(func),
         "EXECUTOR": executor},
    )  # fmt: skip
