"""`validate_statistics`: statistics against a schema, and against statistics of other data."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.options import DEFAULT_SLICE
from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type, own
from tidefall.lifecycle.data_validation.rules.composites import check_table
from tidefall.lifecycle.data_validation.rules.reasons import Reason
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree
from tidefall.lifecycle.data_validation.rules.update import Change, Updater, missing_paths
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView
from tidefall.lifecycle.data_validation.schema.infer import default_dataset

MULTIPLE = "Multiple errors"
_STANDARD_STEP = re.compile(r"(\([^()]*\))|([^().']+)")


@dataclasses.dataclass(frozen=True)
class ValidationOptions:
    """How anomalies are told.

    Args:
        features_needed: new columns are anomalies only if they are among these paths.
        new_features_are_warnings: whether new columns are warnings, not errors.
        severity_overrides: "WARNING" or "ERROR" by the name of the type of anomaly.
    """

    features_needed: Mapping[FeaturePath, Sequence[str]] | None = None
    new_features_are_warnings: bool = False
    severity_overrides: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def severity(self, reasons: Sequence[Reason]) -> str:
        """The gravest of some reasons."""
        kinds = ["UNKNOWN", "WARNING", "ERROR"]
        found = "UNKNOWN"
        for reason in reasons:
            one = "ERROR"
            if self.new_features_are_warnings and reason.type == "SCHEMA_NEW_COLUMN":
                one = "WARNING"
            one = self.severity_overrides.get(reason.type, one)
            found = max(found, one, key=kinds.index)
        return found


def validate_statistics(
    statistics: Any,
    schema: Any,
    environment: str | None = None,
    previous_statistics: Any = None,
    serving_statistics: Any = None,
) -> Any:
    """Return what is wrong with data.

    Args:
        statistics: a `DatasetFeatureStatisticsList` of one data set, or of slices of it with that
            of all rows.
        schema: a `Schema`.
        environment: one of the schema's default environments, such as "SERVING"; features that
            are not in it are not expected.
        previous_statistics: of the span before, for drift.
        serving_statistics: of the data that are served, for skew.

    Returns:
        `Anomalies`: by path of the feature what is wrong; and all distances that were measured.

    Raises:
        TypeError: an argument is something else.
        ValueError: the schema has no such environment, or the statistics of all rows are missing.

    >>> import pyarrow as pa
    >>> from tidefall import data_validation as tfdv
    >>> schema = tfdv.infer_schema(tfdv.generate_statistics_from_arrow(pa.table({"fare": [7.5]})))
    >>> today = tfdv.generate_statistics_from_arrow(pa.table({"fare": [7.5, None]}))
    >>> anomalies = validate_statistics(today, schema)
    >>> anomalies.anomaly_info["fare"].short_description
    'Multiple errors'
    """
    if previous_statistics is not None:
        check_type(previous_statistics, "DatasetFeatureStatisticsList", "previous_statistics")
    return validate_statistics_internal(
        statistics, schema, environment, previous_statistics, serving_statistics
    )


def validate_statistics_internal(
    statistics: Any,
    schema: Any,
    environment: str | None = None,
    previous_span_statistics: Any = None,
    serving_statistics: Any = None,
    previous_version_statistics: Any = None,
    validation_options: ValidationOptions | None = None,
    enable_diff_regions: bool = False,
) -> Any:
    """`validate_statistics`, also against the version before, with options.

    Args:
        statistics: of the data.
        schema: the `Schema`.
        environment: one of the schema's, or None.
        previous_span_statistics: for drift.
        serving_statistics: for skew.
        previous_version_statistics: for the number of examples.
        validation_options: which anomalies are warnings.
        enable_diff_regions: whether each anomaly shows the lines of the schema that would change.

    Raises:
        TypeError: an argument is something else.
        ValueError: the schema has no such environment, or the statistics of all rows are missing.
    """
    check_type(statistics, "DatasetFeatureStatisticsList", "statistics")
    check_type(schema, "Schema", "schema")
    if environment is not None and environment not in schema.default_environment:
        raise ValueError(f"Environment {environment} not found in the schema.")
    dataset = default_dataset(own(statistics))
    by_weight = TableView(dataset).by_weight
    others = {}
    for name, given in (
        ("previous_span_statistics", previous_span_statistics),
        ("serving_statistics", serving_statistics),
        ("previous_version_statistics", previous_version_statistics),
    ):
        if given is not None:
            check_type(given, "DatasetFeatureStatisticsList", name)
            others[name] = TableView(default_dataset(own(given)), by_weight, environment)
    table = TableView(
        dataset,
        by_weight,
        environment,
        others.get("previous_span_statistics"),
        others.get("serving_statistics"),
        others.get("previous_version_statistics"),
    )
    options = validation_options or ValidationOptions()
    return _Validation(own(schema), options, enable_diff_regions).run(table)


class _Validation:
    """One comparison. Each feature is held against a copy of the schema of its own."""

    def __init__(self, schema: Any, options: ValidationOptions, diffs: bool):
        from tidefall.proto import metadata

        self._schema, self._options, self._diffs = schema, options, diffs
        self._updater = Updater()
        self._trees: dict[FeaturePath, SchemaTree] = {}
        self._reasons: dict[FeaturePath, list[Reason]] = {}
        self._changes: dict[FeaturePath, Change] = {}
        self._baseline = SchemaTree(schema)
        self._result = metadata.Anomalies()
        self._result.baseline.CopyFrom(schema)

    def run(self, table: TableView) -> Any:
        if not table.message.num_examples:
            self._result.data_missing = True
            return self._result
        for view in table.roots:
            self._find(view)
        for path in missing_paths(self._baseline, table):
            self._add(
                path,
                [Reason("SCHEMA_MISSING_COLUMN", "Column dropped", "Column is completely missing")],
            )
        self._result.anomaly_name_format = self._result.SERIALIZED_PATH
        for path in sorted(self._reasons):
            info = self._result.anomaly_info[serialized(path)]
            self._fill(info, self._reasons[path], self._trees.get(path))
            info.path.CopyFrom(path.to_proto())
        self._check_table(table)
        for path in sorted(self._changes):
            self._fill_measured(path, self._changes[path])
        return self._result

    def _find(self, view: FeatureView) -> None:
        path = view.path
        if self._baseline.exists(path):
            if self._baseline.is_deprecated(path):
                return
            tree = self._tree(path)
            change = self._updater.update(tree, view)
            self._add(path, change.reasons)
            if change.drift or change.skew:
                self._changes[path] = change
            if path in self._reasons and tree.is_deprecated(path):
                return
            for child in view.children:
                self._find(child)
            return
        needed = self._options.features_needed
        if needed is None or path in needed:
            only = None if needed is None else set(needed)
            self._add(path, self._updater.update_all(self._tree(path), view, only))

    def _tree(self, path: FeaturePath) -> SchemaTree:
        # Where no differences are shown, a copy of the feature alone does.
        tree = SchemaTree(self._schema) if self._diffs else self._baseline.about(path)
        if self._diffs:
            self._trees[path] = tree
        return tree

    def _add(self, path: FeaturePath, reasons: list[Reason]) -> None:
        if reasons:
            self._reasons.setdefault(path, []).extend(reasons)

    def _check_table(self, table: TableView) -> None:
        tree = SchemaTree(self._schema)
        reasons = check_table(table, tree.schema)
        if reasons:
            self._fill(self._result.dataset_anomaly_info, reasons, tree)

    def _fill(self, info: Any, reasons: list[Reason], tree: SchemaTree | None) -> None:
        fill_anomaly(info, reasons, self._options.severity(reasons))
        if self._diffs and tree is not None:
            _fill_diff(info, self._schema, tree.schema)

    def _fill_measured(self, path: FeaturePath, change: Change) -> None:
        told = self._result.drift_skew_info.add(path=path.to_proto())
        for measured, field in ((change.drift, "drift"), (change.skew, "skew")):
            for one in measured:
                getattr(told, f"{field}_measurements").add(
                    type=told.Measurement.Type.Value(one.kind),
                    value=one.value,
                    threshold=one.threshold,
                )


def fill_anomaly(info: Any, reasons: Sequence[Reason], severity: str) -> None:
    """Say reasons in an AnomalyInfo, each and together."""
    if all(reason.type == "SCHEMA_NEW_COLUMN" for reason in reasons):
        reasons = reasons[:1]
    for reason in reasons:
        info.reason.add(
            type=info.Type.Value(reason.type),
            short_description=reason.short,
            description=reason.long,
        )
    said = [reason for reason in reasons if reason.long] or list(reasons[-1:])
    info.description = " ".join(reason.long for reason in said)
    info.short_description = said[0].short if len(said) == 1 else MULTIPLE
    info.severity = info.Severity.Value(severity)


def _fill_diff(info: Any, before: Any, after: Any) -> None:
    """The lines of the schema that would be other ones."""
    from difflib import SequenceMatcher

    from google.protobuf import text_format

    left = text_format.MessageToString(before).splitlines()
    right = text_format.MessageToString(after).splitlines()
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, start, end, other, other_end in matcher.get_opcodes():
        region = info.diff_regions.add()
        if tag == "equal":
            hidden = region.hidden
            hidden.left_start, hidden.right_start, hidden.size = start + 1, other + 1, end - start
        elif tag == "delete":
            region.removed.start = start + 1
            region.removed.contents.extend(left[start:end])
        elif tag == "insert":
            region.added.start = other + 1
            region.added.contents.extend(right[other:other_end])
        else:
            changed = region.changed
            changed.left_start, changed.right_start = start + 1, other + 1
            changed.left_contents.extend(left[start:end])
            changed.right_contents.extend(right[other:other_end])


def serialized(path: FeaturePath) -> str:
    """A path as the key of an anomaly: names that hold dots or parentheses stand in quotes."""
    return ".".join(
        step if _STANDARD_STEP.fullmatch(step) else "'" + step.replace("'", "''") + "'"
        for step in path.steps()
    )


# --- by slice -------------------------------------------------------------------------------------


def validate_corresponding_slices(
    statistics: Any,
    schema: Any,
    environment: str | None = None,
    previous_statistics: Any = None,
    serving_statistics: Any = None,
) -> Any:
    """Return what is wrong with each slice of data.

    A slice is held against the same slice of other data. Features are called
    `slice(NAME)::feature`.

    Args:
        statistics: with slices, and that of all rows.
        schema: the `Schema`; it holds for each slice.
        environment: one of the schema's, or None.
        previous_statistics: for drift.
        serving_statistics: for skew.

    Raises:
        TypeError: an argument is something else.
        ValueError: the statistics of all rows are missing.
    """
    from tidefall.proto import metadata

    names: dict[str, None] = {}
    flat = [_flattened(one, names) for one in (statistics, previous_statistics, serving_statistics)]
    each = metadata.Schema()
    each.CopyFrom(own(schema))
    for field in ("feature", "sparse_feature", "weighted_feature"):
        originals = list(getattr(schema, field))
        del getattr(each, field)[:]
        for name in names:
            for original in originals:
                getattr(each, field).add().CopyFrom(original)
                getattr(each, field)[-1].name = f"slice({name})::{original.name}"
    return validate_statistics(flat[0], each, environment, flat[1], flat[2])


def _flattened(statistics: Any, names: dict[str, None]) -> Any:
    from tidefall.proto import metadata

    if statistics is None:
        return None
    statistics = own(statistics)
    result = metadata.DatasetFeatureStatisticsList()
    whole = result.datasets.add()
    whole.CopyFrom(default_dataset(statistics))
    for field in ("features", "cross_features"):
        whole.ClearField(field)
    for dataset in statistics.datasets:
        name = dataset.name or DEFAULT_SLICE
        names[name] = None
        for feature in dataset.features:
            copied = whole.features.add()
            copied.CopyFrom(feature)
            steps = list(feature.path.step) or [feature.name]
            copied.path.step[:] = [f"slice({name})::{steps[0]}", *steps[1:]]
    return result
