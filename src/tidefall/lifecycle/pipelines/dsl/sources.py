"""Nodes that find artifacts in place of making them: `Importer` and `Resolver`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidefall.lifecycle.pipelines.dsl.nodes import BaseNode
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types.channel import Channel, OutputChannel
from tidefall.lifecycle.pipelines.types.standard_artifacts import Model, ModelBlessing

Artifacts = dict[str, list[Any]]


class Importer(BaseNode):
    """Gives an artifact that something else made.

    Args:
        source_uri: where it lies.
        artifact_type: its type.
        reimport: make a new artifact even if the store knows one at that place with the same
            content and properties.
        properties: its properties.
        custom_properties: its custom properties.
        output_key: the name of the output; "result" by default.
    """

    def __init__(
        self, source_uri: str, artifact_type: Any, reimport: bool = False,
        properties: Mapping[str, Any] | None = None,
        custom_properties: Mapping[str, Any] | None = None, output_key: str | None = None,
    ):  # fmt: skip
        super().__init__()
        declared = artifact_type.PROPERTIES or {}
        for name in properties or {}:
            if name not in declared:
                raise invalid(
                    f"Importer: {artifact_type.TYPE_NAME} has no property {name!r}, it has "
                    f"{[*declared]}; give others as custom_properties"
                )
        self.source_uri, self.reimport = source_uri, reimport
        self.exec_properties = {"source_uri": source_uri, "reimport": int(reimport)}
        self.properties, self.custom_properties = properties or {}, custom_properties or {}
        key = output_key or "result"
        self.outputs = {key: OutputChannel(artifact_type, self, key)}


class ResolverStrategy:
    """Chooses among artifacts of the store."""

    def resolve_artifacts(self, store: Any, input_dict: Artifacts) -> Artifacts | None:
        """Return the chosen ones by key; None if the pipeline cannot go on without them."""
        raise NotImplementedError


class LatestArtifactStrategy(ResolverStrategy):
    """The newest artifacts of each channel."""

    def __init__(self, desired_num_of_artifacts: int = 1):
        self._count = desired_num_of_artifacts

    def resolve_artifacts(self, store: Any, input_dict: Artifacts) -> Artifacts:
        del store
        newest = lambda many: sorted(many, key=lambda one: -one.id)  # noqa: E731
        return {key: newest(many)[: self._count] for key, many in input_dict.items()}


class LatestBlessedModelStrategy(ResolverStrategy):
    """The newest model that an evaluator blessed, and its blessing."""

    def resolve_artifacts(self, store: Any, input_dict: Artifacts) -> Artifacts:
        del store
        empty: Artifacts = {key: [] for key in input_dict}
        keys = {one.TYPE_NAME: key for key, many in input_dict.items() for one in many}
        if len(input_dict) != 2:
            raise invalid(
                f"LatestBlessedModelStrategy takes a Model and a ModelBlessing, got {[*input_dict]}"
            )
        if {*keys} != {Model.TYPE_NAME, ModelBlessing.TYPE_NAME}:
            return empty
        model_key, blessing_key = keys[str(Model.TYPE_NAME)], keys[str(ModelBlessing.TYPE_NAME)]
        blessings = {
            one.get_int_custom_property("current_model_id"): one
            for one in input_dict[blessing_key]
            if one.get_int_custom_property("blessed") == 1
        }
        for model in sorted(input_dict[model_key], key=lambda one: -one.id):
            if model.id in blessings:
                return {model_key: [model], blessing_key: [blessings[model.id]]}
        return empty


LatestBlessedModelResolver = LatestBlessedModelStrategy  # by its name in older pipelines


class SpanRangeStrategy(ResolverStrategy):
    """The artifacts of a range of spans, the newest first.

    Args:
        range_config: a `RangeConfig`: spans from and to, or the last few.
    """

    def __init__(self, range_config: Any):
        self._range = range_config

    def resolve_artifacts(self, store: Any, input_dict: Artifacts) -> Artifacts:
        del store
        return {key: self._chosen(many) for key, many in input_dict.items()}

    def _chosen(self, artifacts: list[Any]) -> list[Any]:
        newest: dict[int, Any] = {}
        for one in sorted(artifacts, key=lambda one: one.id):
            newest[one.span] = one
        kind = self._range.WhichOneof("range")
        if kind == "static_range":
            static = self._range.static_range
            low, high = static.start_span_number, static.end_span_number
        elif kind == "rolling_range":
            high = max(newest, default=0)
            rolling = self._range.rolling_range
            low = max(rolling.start_span_number, high - rolling.num_spans + 1)
        else:
            raise invalid("SpanRangeStrategy: the RangeConfig has no range")
        return [newest[span] for span in sorted(newest, reverse=True) if low <= span <= high]


class Resolver(BaseNode):
    """Gives artifacts of earlier runs, chosen by a strategy.

    Args:
        strategy_class: a `ResolverStrategy`.
        config: the strategy's arguments.
        **channels: what it chooses among, each a channel or a `union` of some.
    """

    def __init__(
        self, strategy_class: Any = None, config: Mapping[str, Any] | None = None,
        **channels: Channel | list[Channel],
    ):  # fmt: skip
        super().__init__()
        if not (isinstance(strategy_class, type) and issubclass(strategy_class, ResolverStrategy)):
            raise invalid(f"Resolver takes a class of ResolverStrategy, got {strategy_class!r}")
        self.strategy = strategy_class(**(config or {}))
        self.input_channels = {
            key: list(one) if isinstance(one, list) else [one] for key, one in channels.items()
        }
        self.outputs = {
            key: OutputChannel(many[0].type, self, key) for key, many in self.input_channels.items()
        }
