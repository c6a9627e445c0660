"""`infer_schema` and `update_schema`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.options import DEFAULT_SLICE
from tidefall.lifecycle.data_validation.protos import check_type, own
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree
from tidefall.lifecycle.data_validation.rules.update import Updater
from tidefall.lifecycle.data_validation.rules.views import TableView


def default_dataset(statistics: Any) -> Any:
    """The statistics of all rows, among those of slices.

    Raises:
        ValueError: there are several, and none is of all rows.
    """
    if len(statistics.datasets) == 1:
        return statistics.datasets[0]
    for dataset in statistics.datasets:
        if dataset.name == DEFAULT_SLICE:
            return dataset
    raise ValueError(
        "Only statistics proto with one dataset or the default slice (i.e., "
        f'"{DEFAULT_SLICE}" slice) is currently supported.'
    )


def infer_schema(
    statistics: Any,
    infer_feature_shape: bool = True,
    max_string_domain_size: int = 100,
    schema_transformations: Sequence[Callable[[Any, Any], Any]] | None = None,
) -> Any:
    """Return the schema that data show.

    Args:
        statistics: a `DatasetFeatureStatisticsList` of one data set, or of slices of it with that
            of all rows.
        infer_feature_shape: whether features whose rows all have the same number of values get a
            shape.
        max_string_domain_size: the most strings that are listed as a domain.
        schema_transformations: functions from a schema and the statistics of a data set to a
            schema, applied in order.

    Returns:
        A `Schema`.

    Raises:
        TypeError: `statistics` is something else.
        ValueError: the statistics of all rows are missing.

    >>> import pyarrow as pa
    >>> from tidefall import data_validation as tfdv
    >>> table = pa.table({"fare": [7.5, 12.0], "company": ["Blue", "Red"]})
    >>> schema = infer_schema(tfdv.generate_statistics_from_arrow(table))
    >>> [feature.name for feature in schema.feature], list(schema.string_domain[0].value)
    (['fare', 'company'], ['Blue', 'Red'])
    """
    check_type(statistics, "DatasetFeatureStatisticsList", "statistics")
    statistics = own(statistics)
    from tidefall.proto import metadata

    dataset = metadata.DatasetFeatureStatistics()
    dataset.CopyFrom(default_dataset(statistics))
    # Sparse and weighted features have no statistics that say anything of a schema.
    told = [feature for feature in dataset.features if feature.WhichOneof("stats")]
    del dataset.features[:]
    dataset.features.extend(told)
    tree = SchemaTree(metadata.Schema())
    Updater(max_string_domain_size, infer_feature_shape).update_table(tree, TableView(dataset))
    schema = tree.schema
    for transform in schema_transformations or ():
        schema = transform(schema, statistics.datasets[0])
    return schema


def update_schema(
    schema: Any,
    statistics: Any,
    infer_feature_shape: bool = True,
    max_string_domain_size: int = 100,
) -> Any:
    """Return a schema changed so that data fit it: each anomaly is accepted.

    Args:
        schema: a `Schema`; it stays as it is.
        statistics: as `infer_schema` takes them.
        infer_feature_shape: accepted for TFDV's sake.
        max_string_domain_size: the most strings that are listed as a new feature's domain.

    Returns:
        A `Schema`.

    Raises:
        TypeError: an argument is something else.
        ValueError: the statistics of all rows are missing.
    """
    check_type(schema, "Schema", "schema")
    check_type(statistics, "DatasetFeatureStatisticsList", "statistics")
    tree = SchemaTree(own(schema))
    table = TableView(default_dataset(own(statistics)))
    Updater(max_string_domain_size).update_table(tree, table)
    return tree.schema
