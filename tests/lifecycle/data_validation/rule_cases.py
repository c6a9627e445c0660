# ruff: noqa: E501, UP031 - a table: one line for each case.
"""One record for each way to break a rule of the schema, and one that keeps it.

A case is a name, a schema, the statistics of a data set, and perhaps of others, in text. What is
wrong with each, TensorFlow Data Validation has said; see `tests/oracle/record_data_validation.py`.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A schema and statistics.

    Args:
        name: of what is tried; a case that keeps the rule ends with "fine".
        schema: a Schema.
        statistics: features of a DatasetFeatureStatistics, or all of it with `num_examples`.
        options: more data sets, "previous", "serving" and "version", and the "environment".
    """

    name: str
    schema: str
    statistics: str
    options: dict[str, str] = {}  # noqa: RUF012


def common(present=10, missing=0, low=1, high=1, total=None):
    """CommonStatistics."""
    total = present if total is None else total
    return (
        f"common_stats {{ num_non_missing: {present} num_missing: {missing} "
        f"min_num_values: {low} max_num_values: {high} avg_num_values: 1 tot_num_values: {total} }}"
    )


def ints(low=0, high=9, name="f", **shape):
    """A feature of integers."""
    return (
        f"features {{ path {{ step: '{name}' }} type: INT num_stats {{ {common(**shape)} "
        f"min: {low} max: {high} }} }}"
    )


def floats(low=0.0, high=9.0, name="f", nan=0, buckets="", kind="STANDARD", **shape):
    """A feature of floats."""
    return (
        f"features {{ path {{ step: '{name}' }} type: FLOAT num_stats {{ {common(**shape)} "
        f"min: {low} max: {high} histograms {{ num_nan: {nan} type: {kind} {buckets} }} }} }}"
    )


def strings(counts, name="f", kind="STRING", unique=None, invalid=0, **shape):
    """A feature of strings, by how often each occurs."""
    buckets = " ".join(f"buckets {{ label: '{k}' sample_count: {v} }}" for k, v in counts.items())
    unique = len(counts) if unique is None else unique
    shape.setdefault("total", sum(counts.values()))
    return (
        f"features {{ path {{ step: '{name}' }} type: {kind} string_stats {{ {common(**shape)} "
        f"unique: {unique} invalid_utf8_count: {invalid} rank_histogram {{ {buckets} }} }} }}"
    )


def images(fine=9, unknown=1, largest=1000):
    """A feature of images."""
    return (
        f"features {{ path {{ step: 'f' }} type: BYTES bytes_stats {{ {common()} "
        f"max_num_bytes_int: {largest} }} custom_stats {{ name: 'image_format_histogram' "
        f"rank_histogram {{ buckets {{ label: 'PNG' sample_count: {fine} }} "
        f"buckets {{ label: 'UNKNOWN' sample_count: {unknown} }} }} }} }}"
    )


def sentences(coverage=0.9, length=5, share=0.5, low=1, high=3):
    """A feature of natural language, whose token "a" is watched."""
    return (
        f"features {{ path {{ step: 'f' }} type: STRING string_stats {{ {common()} }} custom_stats "
        "{ name: 'nl_statistics' any { "
        "[type.googleapis.com/tensorflow.metadata.v0.NaturalLanguageStatistics] { "
        f"feature_coverage: {coverage} avg_token_length: {length} token_statistics {{ "
        f"string_token: 'a' fraction_of_sequences: {share} per_sequence_min_frequency: {low} "
        f"per_sequence_max_frequency: {high} }} }} }} }} }}"
    )


def nested(first=(2, 2), second=(3, 3), missing=0):
    """A feature of integers in lists of lists."""
    levels = " ".join(
        f"presence_and_valency_stats {{ num_non_missing: 10 num_missing: {missing} "
        f"min_num_values: {low} max_num_values: {high} tot_num_values: 20 }}"
        for low, high in (first, second)
    )
    return (
        "features { path { step: 'f' } type: INT num_stats { common_stats { num_non_missing: 10 "
        f"min_num_values: 6 max_num_values: 6 tot_num_values: 60 {levels} }} max: 9 }} }}"
    )


def custom(name, **numbers):
    """A feature that has custom statistics only."""
    stats = " ".join(f"custom_stats {{ name: '{k}' num: {v} }}" for k, v in numbers.items())
    return f"features {{ path {{ step: '{name}' }} {stats} }}"


def sparse(missing_value=0, missing_index=0, low=0, high=0):
    """A sparse feature's own statistics."""
    ranks = {"missing_index": missing_index, "max_length_diff": high, "min_length_diff": low}
    more = " ".join(
        f"custom_stats {{ name: '{k}' rank_histogram {{ buckets {{ label: 'i' sample_count: {v} }} "
        "} }"
        for k, v in ranks.items()
    )
    return (
        f"features {{ path {{ step: 's' }} custom_stats {{ name: 'missing_value' num: "
        f"{missing_value} }} {more} }}"
    )


def struct(inner):
    """A structure with one feature `g` of integers."""
    return (
        f"features {{ path {{ step: 'f' }} type: STRUCT struct_stats {{ {common()} }} }} "
        f"features {{ path {{ step: 'f' step: 'g' }} type: INT num_stats {{ {common()} {inner} }} }}"
    )


def buckets(*edges_and_counts):
    """Buckets of a histogram: low, high, count of each."""
    return " ".join(
        f"buckets {{ low_value: {low} high_value: {high} sample_count: {count} }}"
        for low, high, count in edges_and_counts
    )


INT, FLOAT, BYTES = "type: INT", "type: FLOAT", "type: BYTES"


def feature(text, name="f"):
    """A feature of a schema."""
    return f"feature {{ name: '{name}' {text} }}"


_SPARSE = (
    feature(INT, "v")
    + feature(INT, "i")
    + "sparse_feature { name: 's' index_feature { name: 'i' } value_feature { name: 'v' } }"
)
_WEIGHTED = (
    feature(INT, "v")
    + feature(INT, "w")
    + "weighted_feature { name: 'x' feature { step: 'v' } weight_feature { step: 'w' } }"
)
_PARTS = ints(name="v") + ints(name="i")
_TOKENS = (
    f"{BYTES} natural_language_domain {{ token_constraints {{ string_value: 'a' "
    "min_per_sequence: %d max_per_sequence: %d min_fraction_of_sequences: %s "
    "max_fraction_of_sequences: %s } }"
)
_AB = f"{BYTES} string_domain {{ value: 'a' value: 'b' }}"
_ENVIRONMENTS = "default_environment: 'TRAINING' default_environment: 'SERVING' "
_LINF = f"{BYTES} %s_comparator {{ infinity_norm {{ threshold: %s }} }}"
_JS = f"{FLOAT} %s_comparator {{ jensen_shannon_divergence {{ threshold: %s %s }} }}"
_LOW, _HIGH = buckets((0, 1, 8), (1, 2, 2)), buckets((0, 1.5, 2), (1.5, 3, 8))
_POINTS = buckets((0, 0, 5), (0, 2, 5))
_ENDLESS = buckets(("-inf", 0, 1), (0, 2, 8), ("inf", "inf", 1))
_RATIO = "dataset_constraints { num_examples_%s_comparator { min_fraction_threshold: 0.5 max_fraction_threshold: 2 } }"

CASES = [
    # --- types ---
    Case("type fine", feature(INT), ints()),
    Case("type other", feature(BYTES), ints()),
    Case("type float for int", feature(INT), floats()),
    Case("type int for float", feature(FLOAT), ints()),
    Case("type strings for int", feature(INT), strings({"a": 10})),
    Case("type unsaid", feature("presence { min_count: 1 }"), ints()),
    Case("type unsaid with domain", feature("string_domain { value: 'a' }"), strings({"a": 10})),
    Case("name unsaid", "feature { type: INT }", "features { type: INT num_stats { %s } }" % common()),
    # --- presence ---
    Case("new column", feature(INT), ints() + ints(name="g")),
    Case("new structure", "", struct("max: 3")),
    Case("missing column", feature(INT + " presence { min_count: 1 }", "g") + feature(INT), ints()),
    Case("missing column by fraction", feature(INT + " presence { min_fraction: 0.5 }", "g"), ints(name="h")),
    Case("missing column fine", feature(INT, "g") + feature(INT), ints()),
    Case("missing planned fine", feature(INT + " presence { min_count: 1 } lifecycle_stage: PLANNED", "g"), ""),
    Case("not present", feature(INT + " presence { min_count: 1 }"), ints(present=0, missing=10)),
    Case("not present fine", feature(INT), ints(present=0, missing=10)),
    Case("low count", feature(INT + " presence { min_count: 9 }"), ints(present=5, missing=5)),
    Case("low count fine", feature(INT + " presence { min_count: 5 }"), ints(present=5, missing=5)),
    Case("low fraction", feature(INT + " presence { min_fraction: 0.9 }"), ints(present=7, missing=3)),
    Case("low fraction fine", feature(INT + " presence { min_fraction: 0.7 }"), ints(present=7, missing=3)),
    Case("one missing", feature(INT + " presence { min_fraction: 1 }"), ints(present=9, missing=1)),
    Case("fraction negative", feature(INT + " presence { min_fraction: -1 }"), ints()),
    Case("fraction above one", feature(INT + " presence { min_fraction: 2 }"), ints()),
    # --- valency ---
    Case("few values", feature(INT + " value_count { min: 1 max: 3 }"), ints(low=0, high=2) .replace("min_num_values: 1", "min_num_values: 0")),
    Case("few values fine", feature(INT + " value_count { min: 1 max: 3 }"), ints()),
    Case("many values", feature(INT + " value_count { min: 1 max: 1 }"), ints().replace("max_num_values: 1", "max_num_values: 4")),
    Case("few and many", feature(INT + " value_count { min: 2 max: 3 }"), ints().replace("max_num_values: 1", "max_num_values: 4")),
    Case("count of nested", feature(INT + " value_count { min: 1 }"), nested()),
    Case("counts of flat", feature(INT + " value_counts { value_count { min: 1 } value_count { min: 1 } }"), ints()),
    Case("counts low", feature(INT + " value_counts { value_count { min: 3 } value_count { max: 2 } }"), nested()),
    Case("counts fine", feature(INT + " value_counts { value_count { min: 2 } value_count { max: 3 } }"), nested()),
    Case("count reversed", feature(INT + " value_count { min: 2 max: 1 }"), ints()),
    Case("count negative", feature(INT + " value_count { min: -2 }"), ints()),
    Case("counts negative", feature(INT + " value_counts { value_count { min: -1 } value_count { min: 4 max: 3 } }"), nested()),
    # --- shapes ---
    Case("shape fine", feature(INT + " shape { dim { size: 1 } }"), ints()),
    Case("shape scalar fine", feature(INT + " shape { }"), ints()),
    Case("shape other", feature(INT + " shape { dim { size: 2 } }"), ints()),
    Case("shape varies", feature(INT + " shape { dim { size: 1 } }"), ints().replace("max_num_values: 1", "max_num_values: 2")),
    Case("shape missing", feature(INT + " shape { dim { size: 1 } }"), ints(present=9, missing=1)),
    Case("shape nested fine", feature(INT + " shape { dim { size: 2 } dim { size: 3 } }"), nested()),
    Case("shape nested", feature(INT + " shape { dim { size: 2 } dim { size: 2 } }"), nested()),
    Case("shape nested missing", feature(INT + " shape { dim { size: 6 } }"), nested(missing=2)),
    Case("shape of nothing", feature(INT + " shape { dim { size: 0 } }"), ints()),
    # --- integers ---
    Case("int domain fine", feature(INT + " int_domain { min: 0 max: 9 }"), ints()),
    Case("int small", feature(INT + " int_domain { min: 1 max: 9 }"), ints()),
    Case("int big", feature(INT + " int_domain { min: 0 max: 8 }"), ints()),
    Case("int small and big", feature(INT + " int_domain { min: 1 max: 8 }"), ints()),
    Case("int text fine", feature(BYTES + " int_domain { min: 1 }"), strings({"1": 5, "20": 5})),
    Case("int text none", feature(BYTES + " int_domain { min: 1 }"), strings({"1": 5, "x": 5})),
    Case("int text small", feature(BYTES + " int_domain { min: 2 }"), strings({"1": 5, "20": 5})),
    Case("int of floats", feature(FLOAT + " int_domain { }"), floats()),
    Case("int category", feature(INT + " int_domain { max: 3 is_categorical: true }"), strings({"1": 5, "7": 5}, kind="INT")),
    # --- floats ---
    Case("float domain fine", feature(FLOAT + " float_domain { min: 0 max: 9 }"), floats()),
    Case("float small", feature(FLOAT + " float_domain { min: 0.25 }"), floats()),
    Case("float big", feature(FLOAT + " float_domain { max: 3.3333333 }"), floats()),
    Case("float nan", feature(FLOAT + " float_domain { disallow_nan: true }"), floats(nan=2)),
    Case("float nan fine", feature(FLOAT + " float_domain { }"), floats(nan=2)),
    Case("float inf", feature(FLOAT + " float_domain { disallow_inf: true }"), floats(high="inf")),
    Case("float inf fine", feature(FLOAT + " float_domain { }"), floats(high="inf")),
    Case("float text fine", feature(BYTES + " float_domain { max: 3 }"), strings({"1.5": 5, "2e0": 5})),
    Case("float text none", feature(BYTES + " float_domain { }"), strings({"1.5": 5, "x": 5})),
    Case("float text big", feature(BYTES + " float_domain { max: 1 }"), strings({"1.5": 5, "2": 5})),
    Case("float text nan", feature(BYTES + " float_domain { disallow_nan: true }"), strings({"1.5": 5, "nan": 5})),
    Case("float of ints", feature(INT + " float_domain { }"), ints()),
    # --- truth ---
    Case("bool int fine", feature(INT + " bool_domain { }"), ints(0, 1)),
    Case("bool int big", feature(INT + " bool_domain { }"), ints(0, 2)),
    Case("bool int small", feature(INT + " bool_domain { }"), ints(-1, 1)),
    Case("bool float fine", feature(FLOAT + " bool_domain { }"), floats(0, 1)),
    Case("bool float big", feature(FLOAT + " bool_domain { }"), floats(0, 2)),
    Case("bool float small", feature(FLOAT + " bool_domain { }"), floats(0.5, 1)),
    Case("bool float nan", feature(FLOAT + " bool_domain { }"), floats(0, 1, nan=1)),
    Case("bool float between", feature(FLOAT + " bool_domain { }"), floats(0, 1, kind="QUANTILES", buckets=buckets((0, 0, 3), (0.2, 0.6, 4)))),
    Case("bool text fine", feature(BYTES + " bool_domain { true_value: 'y' false_value: 'n' }"), strings({"y": 5, "n": 5})),
    Case("bool text other", feature(BYTES + " bool_domain { true_value: 'y' false_value: 'n' }"), strings({"y": 5, "maybe": 5})),
    Case("bool text unsaid", feature(BYTES + " bool_domain { }"), strings({"y": 10})),
    Case("bool text same", feature(BYTES + " bool_domain { true_value: 'y' false_value: 'y' }"), strings({"y": 10})),
    # --- strings ---
    Case("strings fine", feature(_AB), strings({"a": 5, "b": 5})),
    Case("strings other", feature(_AB), strings({"a": 5, "c": 4, "d": 1})),
    Case("strings rare", feature(_AB), strings({"a": 500, "c": 1}, present=501)),
    Case("strings escaped", feature(_AB), strings({"a": 5, "\\303\\251": 4, "\\t": 1})),
    Case("strings shared fine", feature(BYTES + " domain: 'd'") + "string_domain { name: 'd' value: 'a' }", strings({"a": 10})),
    Case("strings shared other", feature(BYTES + " domain: 'd'") + "string_domain { name: 'd' value: 'a' }", strings({"a": 5, "x": 5})),
    Case("strings mass fine", feature(_AB + " distribution_constraints { min_domain_mass: 0.5 }"), strings({"a": 6, "c": 4})),
    Case("strings mass", feature(_AB + " distribution_constraints { min_domain_mass: 0.9 }"), strings({"a": 6, "c": 4})),
    Case("strings repeated", feature(f"{BYTES} string_domain {{ value: 'a' value: 'a' }}"), strings({"a": 10})),
    Case("strings no utf8", feature(_AB), strings({"a": 10}, invalid=3)),
    Case("strings shared no utf8", feature(BYTES + " domain: 'd'") + "string_domain { name: 'd' value: 'a' }", strings({"a": 10}, invalid=1)),
    Case("strings of ints", feature(INT + " string_domain { value: 'a' }"), ints()),
    Case("mass of ints", feature(INT + " int_domain { } distribution_constraints { min_domain_mass: 0.5 }"), ints()),
    Case("mass of floats", feature(FLOAT + " float_domain { } distribution_constraints { min_domain_mass: 0.5 }"), floats()),
    Case("mass of truth", feature(INT + " bool_domain { } distribution_constraints { min_domain_mass: 0.5 }"), ints(0, 1)),
    Case("mass of urls", feature(BYTES + " url_domain { } distribution_constraints { min_domain_mass: 0.5 }"), strings({"a": 10})),
    Case("mass of nothing", feature(BYTES + " distribution_constraints { min_domain_mass: 0.5 }"), strings({"a": 10})),
    Case("bytes with domain", feature(_AB), images()),
    # --- meaning ---
    Case("url fine", feature(BYTES + " url_domain { }"), strings({"a": 10})),
    Case("time fine", feature(INT + " time_domain { integer_format: UNIX_SECONDS }"), ints()),
    Case("time of floats", feature(FLOAT + " time_domain { }"), floats()),
    Case("image fine", feature(BYTES + " image_domain { minimum_supported_image_fraction: 0.5 max_image_byte_size: 1000 }"), images()),
    Case("image fraction", feature(BYTES + " image_domain { minimum_supported_image_fraction: 0.95 }"), images()),
    Case("image size", feature(BYTES + " image_domain { max_image_byte_size: 100 }"), images()),
    Case("domain found", feature(BYTES), strings({"a": 10}).replace("type: STRING", "type: STRING custom_stats { name: 'domain_info' str: 'natural_language_domain {}' }")),
    Case("language fine", feature(BYTES + " natural_language_domain { coverage { min_coverage: 0.5 min_avg_token_length: 4 } }"), sentences()),
    Case("language coverage", feature(BYTES + " natural_language_domain { coverage { min_coverage: 0.95 } }"), sentences()),
    Case("language length", feature(BYTES + " natural_language_domain { coverage { min_avg_token_length: 6 } }"), sentences()),
    Case("language unsaid", feature(BYTES + " natural_language_domain { coverage { min_coverage: 0.95 } }"), strings({"a": 10})),
    Case("token fine", feature(_TOKENS % (1, 3, "0.25", "0.75")), sentences()),
    Case("token few", feature(_TOKENS % (2, 3, "0.25", "0.75")), sentences()),
    Case("token many", feature(_TOKENS % (1, 2, "0.25", "0.75")), sentences()),
    Case("token small share", feature(_TOKENS % (1, 3, "0.625", "0.75")), sentences()),
    Case("token large share", feature(_TOKENS % (1, 3, "0.25", "0.375")), sentences()),
    Case("token unsaid", feature(_TOKENS.replace("'a'", "'b'") % (1, 3, "0.25", "0.75")), sentences()),
    # --- uniqueness ---
    Case("unique fine", feature(BYTES + " unique_constraints { min: 1 max: 3 }"), strings({"a": 10})),
    Case("unique few", feature(BYTES + " unique_constraints { min: 2 max: 3 }"), strings({"a": 10})),
    Case("unique many", feature(BYTES + " unique_constraints { min: 1 max: 3 }"), strings({"a": 10}, unique=9)),
    Case("unique of ints", feature(INT + " unique_constraints { min: 1 max: 3 }"), ints()),
    Case("unique of category", feature(INT + " unique_constraints { min: 3 max: 3 }"), strings({"1": 10}, kind="INT")),
    # --- environments ---
    Case("environment new", _ENVIRONMENTS + feature(INT + " presence { min_count: 1 } not_in_environment: 'SERVING'"), ints(name="g").replace("'g'", "'h'"), {"environment": "SERVING"}),
    Case("environment missing", _ENVIRONMENTS + feature(INT + " presence { min_count: 1 } not_in_environment: 'SERVING'"), ints(name="h"), {"environment": "TRAINING"}),
    Case("environment unwanted", _ENVIRONMENTS + feature(INT + " not_in_environment: 'SERVING'"), ints(), {"environment": "SERVING"}),
    Case("environment of its own fine", _ENVIRONMENTS + feature(INT + " in_environment: 'SERVING'"), ints(), {"environment": "SERVING"}),
    # --- composites ---
    Case("sparse fine", _SPARSE, _PARTS + sparse()),
    Case("sparse value", _SPARSE, _PARTS + sparse(missing_value=3)),
    Case("sparse index", _SPARSE, _PARTS + sparse(missing_index=4)),
    Case("sparse length", _SPARSE, _PARTS + sparse(low=-2, high=1)),
    Case("sparse collision", _SPARSE + feature(INT, "s"), _PARTS + ints(name="s")),
    Case("weighted fine", _WEIGHTED, custom("x", missing_value=0, missing_weight=0, min_weight_length_diff=0, max_weight_length_diff=0)),
    Case("weighted value", _WEIGHTED, custom("x", missing_value=2)),
    Case("weighted weight", _WEIGHTED, custom("x", missing_weight=2)),
    Case("weighted length", _WEIGHTED, custom("x", min_weight_length_diff=-1, max_weight_length_diff=2)),
    Case("weighted collision", _WEIGHTED + feature(INT, "x"), ints(name="x")),
    Case("structure fine", feature("type: STRUCT struct_domain { feature { name: 'g' type: INT int_domain { max: 3 } } }"), struct("max: 3")),
    Case("structure inside", feature("type: STRUCT struct_domain { feature { name: 'g' type: INT int_domain { max: 2 } } }"), struct("max: 3")),
    Case("structure new inside", feature("type: STRUCT struct_domain { }"), struct("max: 3")),
    Case("structure missing inside", feature("type: STRUCT struct_domain { feature { name: 'h' type: INT presence { min_count: 1 } } feature { name: 'g' type: INT } }"), struct("max: 3")),
    Case("odd names", "", ints(name="a.b") + ints(name="(c)") + ints(name="d''e".replace("''", "\\'"))),
    # --- stages ---
    *[Case(f"stage {stage}", feature(f"{BYTES} presence {{ min_count: 1 }} lifecycle_stage: {stage}"), ints())
      for stage in ("PLANNED", "ALPHA", "BETA", "PRODUCTION", "DEPRECATED", "DEBUG_ONLY", "DISABLED")],
    Case("deprecated", feature(BYTES + " deprecated: true"), ints()),
    # --- derived ---
    Case("derived fine", feature(INT + " lifecycle_stage: VALIDATION_DERIVED validation_derived_source { deriver_name: 'x' }"), ints().replace("type: INT", "type: INT validation_derived_source { deriver_name: 'x' }")),
    Case("derived unsaid", feature(INT), ints().replace("type: INT", "type: INT validation_derived_source { deriver_name: 'x' }")),
    Case("derived stage", feature(INT + " validation_derived_source { deriver_name: 'x' }"), ints()),
    # --- drift and skew ---
    *[case for which, other in (("drift", "previous"), ("skew", "serving")) for case in (
        Case(f"{which} fine", feature(_LINF % (which, "0.5")), strings({"a": 5, "b": 5}), {other: strings({"a": 9, "b": 1})}),
        Case(f"{which} far", feature(_LINF % (which, "0.1")), strings({"a": 5, "b": 5}), {other: strings({"a": 9, "c": 1})}),
        Case(f"{which} unknown", feature(_LINF % (which, "0.1")), strings({"a": 5}), {other: ints(name="z")}),
        Case(f"{which} alone fine", feature(_LINF % (which, "0.1")), strings({"a": 5})),
        Case(f"{which} difference", feature((_LINF % (which, "0.1")).replace("infinity_norm", "normalized_abs_difference")), strings({"a": 5, "b": 5}), {other: strings({"a": 20, "b": 10})}),
        Case(f"{which} difference fine", feature((_LINF % (which, "0.9")).replace("infinity_norm", "normalized_abs_difference")), strings({"a": 5, "b": 5}), {other: strings({"a": 20, "b": 10})}),
        Case(f"{which} divergence", feature(_JS % (which, "0.01", "")), floats(buckets=_LOW), {other: floats(buckets=_HIGH)}),
        Case(f"{which} divergence fine", feature(_JS % (which, "0.9", "")), floats(buckets=_LOW), {other: floats(buckets=_HIGH)}),
        Case(f"{which} divergence points", feature(_JS % (which, "0.01", "")), floats(buckets=_POINTS), {other: floats(buckets=_HIGH)}),
        Case(f"{which} divergence endless", feature(_JS % (which, "0.01", "")), floats(buckets=_ENDLESS), {other: floats(buckets=_LOW)}),
        Case(f"{which} divergence quantiles", feature(_JS % (which, "0.01", "source { type: QUANTILES }")), floats(buckets=_LOW, kind="QUANTILES"), {other: floats(buckets=_HIGH, kind="QUANTILES")}),
        Case(f"{which} divergence strings", feature((_JS % (which, "0.01", "")).replace(FLOAT, BYTES)), strings({"a": 5, "b": 5}), {other: strings({"a": 9, "c": 1})}),
    )],
    # --- the table ---
    Case("rows fine", "dataset_constraints { min_examples_count: 5 max_examples_count: 20 }", ""),
    Case("rows few", "dataset_constraints { min_examples_count: 11 }", ""),
    Case("rows many", "dataset_constraints { min_examples_count: 1 max_examples_count: 9 }", ""),
    Case("rows many alone fine", "dataset_constraints { max_examples_count: 9 }", ""),
    Case("rows ratio fine", _RATIO % "drift", "", {"previous": "num_examples: 12"}),
    Case("rows ratio low", _RATIO % "drift", "", {"previous": "num_examples: 100"}),
    Case("rows ratio high", _RATIO % "drift", "", {"previous": "num_examples: 3"}),
    Case("rows ratio of none", _RATIO % "drift", "", {"previous": "num_examples: 0 name: 'empty'"}),
    Case("rows version low", _RATIO % "version", "", {"version": "num_examples: 100"}),
    Case("rows version high", _RATIO % "version", "", {"version": "num_examples: 3"}),
    Case("no rows", feature(INT + " presence { min_count: 1 }"), "num_examples: 0"),
]  # fmt: skip


def dataset_text(statistics: str) -> str:
    """A DatasetFeatureStatistics of ten rows, unless it says how many."""
    if statistics.startswith("num_examples"):
        return statistics
    return f"num_examples: 10 {statistics}"
