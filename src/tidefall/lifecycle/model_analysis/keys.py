"""Names of what is measured: metric, model, output, class or rank, and how it was weighted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, order=True)
class SubKey:
    """The part of a multi-class prediction that a metric is about; one of the three is set.

    Attributes:
        class_id: one class.
        k: the class with the k-th highest prediction, from 1.
        top_k: the k classes with the highest predictions.
    """

    class_id: int | None = None
    k: int | None = None
    top_k: int | None = None

    def __str__(self) -> str:
        for name, value in (("classId", self.class_id), ("topK", self.top_k), ("k", self.k)):
            if value is not None:
                return f"{name}:{value}"
        return ""

    def to_proto(self) -> Any:
        """The message `SubKey`."""
        from tidefall.proto import evaluation

        message = evaluation.SubKey()
        for name in ("class_id", "k", "top_k"):
            value = getattr(self, name)
            if value is not None:
                getattr(message, name).value = value
        return message

    @classmethod
    def from_proto(cls, message: Any) -> SubKey:
        """The key that a message says."""
        names = [name for name in ("class_id", "k", "top_k") if message.HasField(name)]
        return cls(**{name: getattr(message, name).value for name in names})


@dataclass(frozen=True)
class AggregationType:
    """How a metric of many classes became one number; one of the three is set."""

    micro_average: bool | None = None
    macro_average: bool | None = None
    weighted_macro_average: bool | None = None

    def __str__(self) -> str:
        return self.kind

    @property
    def kind(self) -> str:
        """The name of the one that is set."""
        names = ("micro_average", "macro_average", "weighted_macro_average")
        return next((name for name in names if getattr(self, name)), "")

    def to_proto(self) -> Any:
        """The message `AggregationType`."""
        from tidefall.proto import evaluation

        return evaluation.AggregationType(**{self.kind: True})

    @classmethod
    def from_proto(cls, message: Any) -> AggregationType:
        """The type that a message says."""
        return cls(**{message.WhichOneof("type"): True})


@dataclass(frozen=True)
class MetricKey:
    """What a value is the value of."""

    name: str
    model_name: str = ""
    output_name: str = ""
    sub_key: SubKey | None = None
    aggregation_type: AggregationType | None = None
    example_weighted: bool | None = None
    is_diff: bool = False

    def to_proto(self) -> Any:
        """The message `MetricKey`."""
        from tidefall.proto import evaluation

        message = evaluation.MetricKey(
            name=self.name,
            model_name=self.model_name,
            output_name=self.output_name,
            is_diff=self.is_diff,
        )
        if self.sub_key is not None:
            message.sub_key.CopyFrom(self.sub_key.to_proto())
        if self.aggregation_type is not None:
            message.aggregation_type.CopyFrom(self.aggregation_type.to_proto())
        if self.example_weighted is not None:
            message.example_weighted.value = self.example_weighted
        return message

    @classmethod
    def from_proto(cls, message: Any) -> MetricKey:
        """The key that a message says."""
        aggregated = message.HasField("aggregation_type")
        return cls(
            message.name,
            message.model_name,
            message.output_name,
            SubKey.from_proto(message.sub_key) if message.HasField("sub_key") else None,
            AggregationType.from_proto(message.aggregation_type) if aggregated else None,
            message.example_weighted.value if message.HasField("example_weighted") else None,
            message.is_diff,
        )

    def make_diff_key(self) -> MetricKey:
        """The key of what this model's value is above the baseline's."""
        return replace(self, is_diff=True)

    def make_baseline_key(self, model_name: str) -> MetricKey:
        """The key of the baseline's value."""
        return replace(self, model_name=model_name, is_diff=False)

    def __str__(self) -> str:
        parts = [self.model_name, self.output_name, self.name]
        text = "/".join(part for part in parts if part)
        if self.sub_key is not None:
            text += f" {self.sub_key}"
        if self.aggregation_type is not None:
            text += f" {self.aggregation_type}"
        return text + (" (difference)" if self.is_diff else "")


@dataclass(frozen=True)
class PlotKey:
    """What a plot is the plot of."""

    name: str = ""
    model_name: str = ""
    output_name: str = ""
    sub_key: SubKey | None = None
    example_weighted: bool | None = None

    def to_proto(self) -> Any:
        """The message `PlotKey`."""
        from tidefall.proto import evaluation

        return _filled(evaluation.PlotKey(), self)


@dataclass(frozen=True)
class AttributionsKey:
    """What attributions of features are of."""

    name: str = ""
    model_name: str = ""
    output_name: str = ""
    sub_key: SubKey | None = None
    example_weighted: bool | None = None

    def to_proto(self) -> Any:
        """The message `AttributionsKey`."""
        from tidefall.proto import evaluation

        return _filled(evaluation.AttributionsKey(), self)


def _filled(message: Any, key: PlotKey | AttributionsKey) -> Any:
    message.name, message.model_name, message.output_name = (
        key.name, key.model_name, key.output_name,
    )  # fmt: skip
    if key.sub_key is not None:
        message.sub_key.CopyFrom(key.sub_key.to_proto())
    if key.example_weighted is not None:
        message.example_weighted.value = key.example_weighted
    return message
