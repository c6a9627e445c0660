"""Results as people and views take them: nested dictionaries by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.keys import AggregationType, SubKey
from tidefall.lifecycle.model_analysis.result_files import read_messages, read_run
from tidefall.lifecycle.model_analysis.slicing import deserialize

MODEL_CENTRIC_MODE, DATA_CENTRIC_MODE = "model_centric_mode", "data_centric_mode"


class SlicedMetrics(NamedTuple):
    """A slice's metrics: by output, sub key, name; each value as the message's JSON says it."""

    slice: Any
    metrics: dict[str, dict[str, dict[str, Any]]]


class SlicedPlots(NamedTuple):
    """A slice's plots, likewise."""

    slice: Any
    plot: dict[str, dict[str, Any]]


class SlicedAttributions(NamedTuple):
    """A slice's attributions: by output, sub key, name, feature; each as the message's JSON."""

    slice: Any
    attributions: dict[str, dict[str, dict[str, Any]]]


@dataclass
class EvalResult:
    """The result of one model on one data set."""

    slicing_metrics: list[SlicedMetrics]
    plots: list[SlicedPlots]
    attributions: list[SlicedAttributions] = field(default_factory=list)
    config: Any = None
    data_location: str = ""
    file_format: str = ""
    model_location: str = ""

    def get_metrics_for_slice(
        self, slice_name: Any = (), output_name: str = "", class_id: int | None = None,
        k: int | None = None, top_k: int | None = None,
    ) -> dict[str, Any] | None:  # fmt: skip
        """The metrics of a slice by name; None if there is no such slice."""
        wanted = str(SubKey(class_id, k, top_k))
        for sliced in self.slicing_metrics:
            if sliced.slice == slice_name:
                return sliced.metrics.get(output_name, {}).get(wanted, {})
        return None

    def get_attributions_for_slice(
        self, slice_name: Any = (), metric_name: str = "", output_name: str = "",
        class_id: int | None = None, k: int | None = None, top_k: int | None = None,
    ) -> dict[str, Any] | None:  # fmt: skip
        """The attributions of a slice by feature; None if there is no such slice.

        Args:
            slice_name: the slice's key.
            metric_name: such as "total_attributions"; needed where there are several.
            output_name: the output.
            class_id: the class.
            k: the rank.
            top_k: the first ranks.

        Raises:
            InvalidArgumentError: there are several metrics, and none is named.
        """
        wanted = str(SubKey(class_id, k, top_k))
        for sliced in self.attributions:
            if sliced.slice == slice_name:
                return _only(sliced.attributions.get(output_name, {}).get(wanted, {}), metric_name)
        return None

    def get_attributions_for_all_slices(
        self, metric_name: str = "", output_name: str = "", class_id: int | None = None,
        k: int | None = None, top_k: int | None = None,
    ) -> dict[Any, dict[str, Any]]:  # fmt: skip
        """The attributions of all slices by slice; see `get_attributions_for_slice`."""
        wanted = str(SubKey(class_id, k, top_k))
        return {
            s.slice: _only(s.attributions.get(output_name, {}).get(wanted, {}), metric_name)
            for s in self.attributions
        }

    def get_metrics_for_all_slices(
        self, output_name: str = "", class_id: int | None = None, k: int | None = None,
        top_k: int | None = None,
    ) -> dict[Any, dict[str, Any]]:  # fmt: skip
        """The metrics of all slices by slice."""
        wanted = str(SubKey(class_id, k, top_k))
        return {
            s.slice: s.metrics.get(output_name, {}).get(wanted, {}) for s in self.slicing_metrics
        }

    def get_slice_names(self) -> list[Any]:
        """The slices."""
        return [sliced.slice for sliced in self.slicing_metrics]

    def get_metric_names(self) -> list[str]:
        """The names of metrics."""
        names = {
            name
            for sliced in self.slicing_metrics
            for by_key in sliced.metrics.values()
            for metrics in by_key.values()
            for name in metrics
        }
        return sorted(names)


def _only(found: dict[str, Any], name: str) -> dict[str, Any]:
    if name or not found:
        return found.get(name, {})
    if len(found) > 1:
        raise invalid(f"there are attributions {sorted(found)}; say which with metric_name")
    return next(iter(found.values()))


class EvalResults:
    """Results of several models, or data sets."""

    def __init__(self, results: Sequence[EvalResult], mode: str = "unknown_mode"):
        if mode not in (MODEL_CENTRIC_MODE, DATA_CENTRIC_MODE):
            raise ValueError(
                f"Mode {mode} must be one of {[MODEL_CENTRIC_MODE, DATA_CENTRIC_MODE]}"
            )
        self._results, self._mode = list(results), mode

    def get_results(self) -> list[EvalResult]:
        """The results."""
        return self._results

    def get_mode(self) -> str:
        """What differs between them."""
        return self._mode


def load_metrics(output_path: str, output_file_format: str = "tfrecord") -> Iterator[Any]:
    """Yield the `MetricsForSlice` messages of an evaluation."""
    return read_messages(output_path, "metrics", "MetricsForSlice", output_file_format)


def load_plots(output_path: str, output_file_format: str = "tfrecord") -> Iterator[Any]:
    """Yield the `PlotsForSlice` messages of an evaluation."""
    return read_messages(output_path, "plots", "PlotsForSlice", output_file_format)


def load_attributions(output_path: str, output_file_format: str = "tfrecord") -> Iterator[Any]:
    """Yield the `AttributionsForSlice` messages of an evaluation."""
    return read_messages(output_path, "attributions", "AttributionsForSlice", output_file_format)


def load_validation_result(output_path: str, output_file_format: str = "") -> Any:
    """Return the `ValidationResult` of an evaluation; None if it has none."""
    return next(
        read_messages(output_path, "validations", "ValidationResult", output_file_format), None
    )


def load_eval_result(
    output_path: str, output_file_format: str = "tfrecord", model_name: str | None = None
) -> EvalResult:
    """Return the result that a folder holds.

    Args:
        output_path: the folder.
        output_file_format: of its files.
        model_name: whose metrics; needed where several models were evaluated.

    Raises:
        NotFoundError: there is no such folder.
        InvalidArgumentError: several models were evaluated, and none is named.
    """
    run = read_run(output_path)
    metrics = [
        found
        for message in load_metrics(output_path, output_file_format)
        if (found := metrics_to_dict(message, model_name)) is not None
    ]
    plots = [
        found
        for message in load_plots(output_path, output_file_format)
        if (found := plots_to_dict(message, model_name)) is not None
    ]
    attributions = [
        found
        for message in load_attributions(output_path, output_file_format)
        if (found := attributions_to_dict(message, model_name)) is not None
    ]
    locations = dict(run.model_locations)
    location = locations.get(model_name or "", next(iter(locations.values()), ""))
    config = run.eval_config if run.HasField("eval_config") else None
    return EvalResult(
        metrics, plots, attributions, config, run.data_location, run.file_format, location
    )


def load_eval_results(
    output_paths: str | list[str], output_file_format: str = "tfrecord",
    mode: str = MODEL_CENTRIC_MODE, model_name: str | None = None,
) -> EvalResults:  # fmt: skip
    """Return the results that several folders hold."""
    paths = output_paths if isinstance(output_paths, list) else [output_paths]
    found = []
    for path in paths:
        names = [model_name] if model_name is not None else list(read_run(path).model_locations)
        found += [load_eval_result(path, output_file_format, name) for name in names or [None]]
    return EvalResults(found, mode)


def make_eval_results(results: list[EvalResult], mode: str) -> EvalResults:
    """Return several results as one object."""
    return EvalResults(results, mode)


def slice_of(message: Any) -> Any:
    """The slice that metrics or plots are of; a pair of slices where two are compared."""
    if message.WhichOneof("slicing_spec_oneof") == "cross_slice_key":
        cross = message.cross_slice_key
        return deserialize(cross.baseline_slice_key), deserialize(cross.comparison_slice_key)
    return deserialize(message.slice_key)


def _model_matches(key: Any, model_name: str | None, models: set[str]) -> bool:
    if model_name is None and len(models) > 1:
        raise invalid(f"several models were evaluated: {sorted(models)}; say which with model_name")
    return model_name is None or key.model_name == model_name


def _sub_key(key: Any) -> str:
    if key.HasField("sub_key"):
        return str(SubKey.from_proto(key.sub_key))
    if key.DESCRIPTOR.name == "MetricKey" and key.HasField("aggregation_type"):
        return AggregationType.from_proto(key.aggregation_type).kind
    return ""


def metrics_to_dict(message: Any, model_name: str | None = None) -> SlicedMetrics | None:
    """A `MetricsForSlice` as nested dictionaries; None if it has nothing of a model."""
    from google.protobuf import json_format

    models = {pair.key.model_name for pair in message.metric_keys_and_values if pair.key.model_name}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for pair in message.metric_keys_and_values:
        if pair.key.name != "__ERROR__" and not _model_matches(pair.key, model_name, models):
            continue
        value = json_format.MessageToDict(pair.value, always_print_fields_with_no_presence=False)
        if pair.value.HasField("double_value"):
            value = {"doubleValue": pair.value.double_value.value}
        if pair.HasField("confidence_interval"):
            bounds = pair.confidence_interval
            value = {
                "boundedValue": {
                    "value": pair.value.double_value.value,
                    "lowerBound": bounds.lower_bound.double_value.value,
                    "upperBound": bounds.upper_bound.double_value.value,
                }
            }
        name = f"{pair.key.name}_diff" if pair.key.is_diff else pair.key.name
        by_key = found.setdefault(pair.key.output_name, {})
        by_key.setdefault(_sub_key(pair.key), {})[name] = value
    return SlicedMetrics(slice_of(message), found) if found else None


def plots_to_dict(message: Any, model_name: str | None = None) -> SlicedPlots | None:
    """A `PlotsForSlice` as nested dictionaries; None if it has nothing of a model.

    Of several plots of a kind the first has the kind's own key, such as `calibrationHistogram`, and
    each further one its name in parentheses behind it.
    """
    from google.protobuf import json_format

    models = {pair.key.model_name for pair in message.plot_keys_and_values if pair.key.model_name}
    found: dict[str, dict[str, Any]] = {}
    for pair in message.plot_keys_and_values:
        if not _model_matches(pair.key, model_name, models):
            continue
        by_key = found.setdefault(pair.key.output_name, {})
        plots = by_key.setdefault(_sub_key(pair.key), {})
        for kind, value in json_format.MessageToDict(pair.value).items():
            plots[f"{kind} ({pair.key.name})" if kind in plots else kind] = value
    return SlicedPlots(slice_of(message), found) if found else None


def attributions_to_dict(message: Any, model_name: str | None = None) -> SlicedAttributions | None:
    """An `AttributionsForSlice` as nested dictionaries; None if it has nothing of a model."""
    from google.protobuf import json_format

    pairs = message.attributions_keys_and_values
    models = {pair.key.model_name for pair in pairs if pair.key.model_name}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for pair in pairs:
        if not _model_matches(pair.key, model_name, models):
            continue
        by_key = found.setdefault(pair.key.output_name, {})
        by_key.setdefault(_sub_key(pair.key), {})[pair.key.name] = {
            feature: json_format.MessageToDict(pair.values[feature])
            if not pair.values[feature].HasField("double_value")
            else {"doubleValue": pair.values[feature].double_value.value}
            for feature in sorted(pair.values)
        }
    return SlicedAttributions(slice_of(message), found) if found else None
