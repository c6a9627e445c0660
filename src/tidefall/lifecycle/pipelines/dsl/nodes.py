"""Nodes of a pipeline: components with inputs, outputs and an executor."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from tidefall.lifecycle.pipelines.dsl.control import (
    LoopChannel,
    active_conditions,
    active_loop,
)
from tidefall.lifecycle.pipelines.dsl.placeholders import Placeholder, channels_of
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types.channel import Channel, OutputChannel
from tidefall.lifecycle.pipelines.utils.proto_utils import proto_to_json


@dataclass(frozen=True)
class NodeOptions:
    """How a node is run.

    Args:
        max_attempts: how often it is tried before the pipeline fails.
        timeout_seconds: it is ended after so long; it then runs in a process of its own.
        retry_delay_seconds: how long before the second attempt; twice as long before each further.
    """

    max_attempts: int = 1
    timeout_seconds: float | None = None
    retry_delay_seconds: float = 1.0


@dataclass(frozen=True)
class ChannelParameter:
    """An input or output of a `ComponentSpec`."""

    type: Any
    optional: bool = False
    allow_empty: bool = False


@dataclass(frozen=True)
class ExecutionParameter:
    """A parameter of a `ComponentSpec`."""

    type: Any = None
    optional: bool = False
    use_proto: bool = False


class ComponentSpec:
    """What a component takes and gives; subclasses declare it."""

    PARAMETERS: ClassVar[Mapping[str, ExecutionParameter]] = {}
    INPUTS: ClassVar[Mapping[str, ChannelParameter]] = {}
    OUTPUTS: ClassVar[Mapping[str, ChannelParameter]] = {}

    def __init__(self, **given: Any):
        known = {*self.PARAMETERS, *self.INPUTS, *self.OUTPUTS}
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise invalid(f"{type(self).__name__} has no {name!r}{hint}")
        found = {k: self._input(k, p, given.get(k)) for k, p in self.INPUTS.items()}
        self.inputs = {k: v for k, v in found.items() if v is not None}
        self.exec_properties = {}
        for name, parameter in self.PARAMETERS.items():
            value = given.get(name)
            if value is None and not parameter.optional:
                raise invalid(f"{type(self).__name__} wants the parameter {name!r}")
            if value is not None:
                self.exec_properties[name] = (
                    proto_to_json(value) if hasattr(value, "DESCRIPTOR") else value
                )
        self.output_types = {
            k: p for k, p in self.OUTPUTS.items() if not p.optional or given.get(k, True)
        }

    def _input(self, name: str, parameter: ChannelParameter, value: Any) -> list[Channel] | None:
        owner = type(self).__name__
        if value is None:
            if parameter.optional:
                return None
            raise invalid(f"{owner} wants the input {name!r}: a channel of {parameter.type}")
        channels = value if isinstance(value, list) else [value]
        for channel in channels:
            if not isinstance(channel, Channel):
                raise invalid(
                    f"{owner}: input {name!r} takes the output of a node, such as "
                    f"node.outputs['...'], got {channel!r}"
                )
            if not issubclass(channel.type, parameter.type):
                raise invalid(
                    f"{owner}: input {name!r} takes {parameter.type.TYPE_NAME}, got {channel!r}, "
                    f"which is {channel.type_name}"
                )
        return channels


class BaseNode:
    """A step of a pipeline."""

    EXECUTOR: ClassVar[Any] = None

    def __init__(self) -> None:
        self._id: str | None = None
        self.input_channels: dict[str, list[Channel]] = {}
        self.outputs: dict[str, OutputChannel] = {}
        self.exec_properties: dict[str, Any] = {}
        self.explicit_upstream: list[BaseNode] = []
        self.conditions = active_conditions()
        self.loop = active_loop()
        self.node_execution_options = NodeOptions()

    @property
    def inputs(self) -> dict[str, Any]:
        return {k: v[0] if len(v) == 1 else v for k, v in self.input_channels.items()}

    @property
    def id(self) -> str:
        return self._id or type(self).__name__

    def with_id(self, id: str) -> Self:
        """Give the node a name; needed where a pipeline has several of one class."""
        if not id or "/" in id or "[" in id or id.startswith("."):
            raise invalid(f"{id!r} cannot be the name of a node, which is also a folder's")
        self._id = id
        return self

    def with_options(
        self, max_attempts: int = 1, timeout_seconds: float | None = None,
        retry_delay_seconds: float = 1.0,
    ) -> Self:  # fmt: skip
        """Say how often the node is tried, and for how long; see `NodeOptions`."""
        if max_attempts < 1 or (timeout_seconds is not None and timeout_seconds <= 0):
            raise invalid(f"{self.id}: attempts and timeouts are positive")
        self.node_execution_options = NodeOptions(
            max_attempts, timeout_seconds, retry_delay_seconds
        )
        return self

    def add_upstream_node(self, node: BaseNode) -> None:
        """Let this node run only after another."""
        self.explicit_upstream.append(node)

    def add_downstream_node(self, node: BaseNode) -> None:
        """Let another node run only after this one."""
        node.explicit_upstream.append(self)

    def data_channels(self) -> list[Channel]:
        """Return all channels that the node's inputs, parameters and conditions read."""
        found = [channel for channels in self.input_channels.values() for channel in channels]
        for value in (*self.exec_properties.values(), *self.conditions):
            found += channels_of(value)
        if self.loop is not None:
            found.append(self.loop.source)
        return [one.source if isinstance(one, LoopChannel) else one for one in found]

    @property
    def upstream_nodes(self) -> list[BaseNode]:
        from_data = [
            channel.producer_component
            for channel in self.data_channels()
            if isinstance(channel, OutputChannel)
        ]
        return list(dict.fromkeys([*from_data, *self.explicit_upstream]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"


class BaseComponent(BaseNode):
    """A node of a `ComponentSpec` and an executor.

    Subclasses give `SPEC_CLASS` and `EXECUTOR_SPEC`.
    """

    SPEC_CLASS: ClassVar[Any] = None
    EXECUTOR_SPEC: ClassVar[Any] = None

    def __init__(self, spec: ComponentSpec, custom_executor_spec: Any = None):
        super().__init__()
        self.spec = spec
        executor_spec = custom_executor_spec or self.EXECUTOR_SPEC
        self.executor_class = getattr(executor_spec, "executor_class", executor_spec)
        self.input_channels = dict(spec.inputs)
        self.exec_properties = dict(spec.exec_properties)
        self.outputs = {
            key: OutputChannel(parameter.type, self, key, parameter.optional)
            for key, parameter in spec.output_types.items()
        }


class BaseExecutor:
    """Does the work of a component.

    Attributes:
        state_dir: a folder for what is to outlive a kill; it goes once the step has ended well.
        timeout_seconds: how long it may take, if it `keeps_time`.
        keeps_time: it ends what takes too long itself, and needs no process of its own for that.
    """

    state_dir = ""
    timeout_seconds: float | None = None
    keeps_time: ClassVar[bool] = False

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        """Read the inputs, write the outputs to their `uri`, set their properties."""
        raise NotImplementedError


class ExecutorClassSpec:
    """An executor by its class."""

    def __init__(self, executor_class: Any):
        self.executor_class = executor_class


class RuntimeParameter(Placeholder):
    """A parameter that is given when the pipeline is run.

    Args:
        name: what it is called on the command line.
        ptype: int, float or str.
        default: its value where none is given.
    """

    def __init__(self, name: str, ptype: type = str, default: Any = None):
        self.name, self.ptype, self.default = name, ptype, default

    def evaluate(self, scope: Any) -> Any:
        value = scope.parameters.get(self.name, self.default)
        if value is None:
            raise invalid(f"runtime parameter {self.name!r} has no value and no default")
        try:
            return self.ptype(value)
        except ValueError:
            kind = self.ptype.__name__
            raise invalid(
                f"runtime parameter {self.name!r} takes a {kind}, got {value!r}"
            ) from None

    def text(self) -> str:
        return f"RuntimeParameter({self.name!r})"
