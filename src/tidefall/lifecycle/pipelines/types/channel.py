"""Channels: where the artifacts of a kind come from, before a pipeline runs."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid


class Channel:
    """Artifacts of a type: all that the store has, or those of one node.

    Args:
        type: a class of artifacts.
        producer_component_id: only artifacts of this node.
        output_key: and of this output.
        artifacts: these artifacts, known beforehand.
    """

    def __init__(
        self,
        type: Any,
        additional_properties: Any = None,
        additional_custom_properties: Any = None,
        producer_component_id: str | None = None,
        output_key: str | None = None,
        artifacts: Any = None,
    ):
        del additional_properties, additional_custom_properties
        if not getattr(type, "TYPE_NAME", None):
            raise invalid(f"a Channel's type is a class of artifacts, got {type!r}")
        self.type, self.type_name = type, type.TYPE_NAME
        self.producer_component_id, self.output_key = producer_component_id, output_key
        self.artifacts = list(artifacts or [])

    def future(self) -> Any:
        """Return an expression for what will be in the channel when the pipeline runs."""
        from tidefall.lifecycle.pipelines.dsl.placeholders import ChannelValue

        return ChannelValue(self)

    def __repr__(self) -> str:
        return f"Channel({self.type_name})"


class OutputChannel(Channel):
    """An output of a node."""

    def __init__(self, type: Any, producer_component: Any, output_key: str, optional: bool = False):
        super().__init__(type, output_key=output_key)
        self.producer_component, self.optional = producer_component, optional

    @property
    def producer(self) -> str:
        return self.producer_component.id

    def __repr__(self) -> str:
        return f"{self.producer}.outputs[{self.output_key!r}]"


def union(*channels: Channel) -> list[Channel]:
    """Return one input of the artifacts of several channels of one type.

    Raises:
        InvalidArgumentError: the types differ.
    """
    names = {channel.type_name for channel in channels}
    if len(names) != 1:
        raise invalid(f"union takes channels of one type, got {sorted(names)}")
    return list(channels)
