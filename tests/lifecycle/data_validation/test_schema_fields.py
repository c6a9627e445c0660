"""The schema proto, field by field: each is a rule that some case breaks and another one keeps, or
says nothing about data, and this is why."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from tests.lifecycle.data_validation.rule_cases import CASES, Case, sentences, sparse
from tests.lifecycle.data_validation.test_rules import found_in, parsed
from tidefall.proto import metadata

_SPARSE = """feature { name: 'p' type: STRUCT struct_domain {
  feature { name: 'v' type: INT } feature { name: 'i' type: INT }
  sparse_feature { name: 's' index_feature { name: 'i' } value_feature { name: 'v' } } } }"""
_PARTS = """features { path { step: 'p' } type: STRUCT struct_stats {
  common_stats { num_non_missing: 10 min_num_values: 1 max_num_values: 1 tot_num_values: 10 } } }
""" + "".join(
    f"""features {{ path {{ step: 'p' step: '{name}' }} type: INT num_stats {{ common_stats {{
    num_non_missing: 10 min_num_values: 1 max_num_values: 1 tot_num_values: 10 }} }} }}"""
    for name in "vi"
)  # fmt: skip
_VERSIONS = """dataset_constraints { num_examples_version_comparator {
  min_fraction_threshold: 0.5 max_fraction_threshold: 2 } }"""
_TOKEN = """feature { name: 'f' type: BYTES natural_language_domain { token_constraints {
  int_value: 7 min_per_sequence: %d max_per_sequence: 3
  min_fraction_of_sequences: 0.25 max_fraction_of_sequences: 0.75 } } }"""


def _inside(text):
    return text.replace("step: 's'", "step: 'p' step: 's'")


_MORE = [
    Case("structure sparse fine", _SPARSE, _PARTS + _inside(sparse())),
    Case("structure sparse value", _SPARSE, _PARTS + _inside(sparse(missing_value=3))),
    Case("rows version fine", _VERSIONS, "", {"version": "num_examples: 12"}),
    Case("token of a number", _TOKEN % 2, sentences().replace("string_token: 'a'", "int_token: 7")),
    Case("token of a number fine", _TOKEN % 1,
         sentences().replace("string_token: 'a'", "int_token: 7")),
]  # fmt: skip
BY_NAME = {case.name: case for case in [*CASES, *_MORE]}
NAME = "a name, by which others find it"
SHARED = "features name it at the doors of rows; to statistics only string domains are known"
READ = "says how statistics are made or tensors read, not what data must be"
UNCHECKED = "TensorFlow Data Validation has no anomaly for it; "
MEANING = "a meaning: it may be wrong for the feature's type, and is not held against values"
PARTS = (
    "says of which features statistics compare the lengths; `sparse index` and others judge them"
)
DERIVED = "says how a feature is derived; what derives it is not part of the schema"

# By message and field: the case that breaks the rule and the one that keeps it, or why none does.
FIELDS: dict[str, dict[str, tuple[str, str] | str]] = {
    "Schema": {
        "feature": ("new column", "type fine"),
        "sparse_feature": ("sparse value", "sparse fine"),
        "weighted_feature": ("weighted value", "weighted fine"),
        "string_domain": ("strings shared other", "strings shared fine"),
        "float_domain": SHARED,
        "int_domain": SHARED,
        "default_environment": ("environment missing", "environment of its own fine"),
        "represent_variable_length_as_ragged": READ,
        "annotation": "a comment",
        "dataset_constraints": ("rows few", "rows fine"),
        "tensor_representation_group": READ,
    },
    "Feature": {
        "name": ("name unsaid", "type fine"),
        "deprecated": "turns rules off: `stage DEPRECATED`, and below",
        "presence": ("missing column", "missing column fine"),
        "group_presence": "at the doors of rows, below; " + UNCHECKED,
        "shape": ("shape other", "shape fine"),
        "value_count": ("few values", "few values fine"),
        "value_counts": ("counts low", "counts fine"),
        "type": ("type other", "type fine"),
        "domain": ("strings shared other", "strings shared fine"),
        "int_domain": ("int small", "int domain fine"),
        "float_domain": ("float small", "float domain fine"),
        "string_domain": ("strings other", "strings fine"),
        "bool_domain": ("bool int big", "bool int fine"),
        "struct_domain": ("structure inside", "structure fine"),
        "natural_language_domain": ("language coverage", "language fine"),
        "image_domain": ("image fraction", "image fine"),
        "audio_domain": "TensorFlow Data Validation refuses schemas that have it",
        "video_domain": "TensorFlow Data Validation refuses schemas that have it",
        "content_chunk_domain": "TensorFlow Data Validation refuses schemas that have it",
        "mid_domain": MEANING,
        "url_domain": MEANING,
        "time_domain": ("time of floats", "time fine"),
        "time_of_day_domain": MEANING,
        "distribution_constraints": ("strings mass", "strings mass fine"),
        "annotation": "a comment",
        "skew_comparator": ("skew far", "skew fine"),
        "drift_comparator": ("drift far", "drift fine"),
        "in_environment": "turns rules on: `environment of its own fine`, and below",
        "not_in_environment": ("environment unwanted", "environment of its own fine"),
        "lifecycle_stage": "turns rules off: `stage PLANNED` and others, and below",
        "unique_constraints": ("unique few", "unique fine"),
        "validation_derived_source": ("derived stage", "derived fine"),
        "sequence_metadata": READ,
    },
    "FeaturePresence": {
        "min_fraction": ("low fraction", "low fraction fine"),
        "min_count": ("low count", "low count fine"),
    },
    "FeaturePresenceWithinGroup": {"required": "at the doors of rows, below; " + UNCHECKED},
    "FixedShape": {"dim": ("shape other", "shape fine")},
    "FixedShape.Dim": {"size": ("shape other", "shape fine"), "name": NAME},
    "ValueCount": {
        "min": ("few values", "few values fine"),
        "max": ("many values", "few values fine"),
    },
    "ValueCountList": {"value_count": ("counts low", "counts fine")},
    "IntDomain": {
        "name": NAME,
        "min": ("int small", "int domain fine"),
        "max": ("int big", "int domain fine"),
        "is_categorical": READ,
    },
    "FloatDomain": {
        "name": NAME,
        "min": ("float small", "float domain fine"),
        "max": ("float big", "float domain fine"),
        "disallow_nan": ("float nan", "float nan fine"),
        "disallow_inf": ("float inf", "float inf fine"),
        "is_embedding": READ,
        "is_categorical": READ,
        "embedding_dim": UNCHECKED + "`shape` and `value_count` say the same",
        "embedding_type": READ,
    },
    "StringDomain": {
        "name": NAME,
        "value": ("strings other", "strings fine"),
        "is_categorical": READ,
    },
    "BoolDomain": {
        "name": NAME,
        "true_value": ("bool text other", "bool text fine"),
        "false_value": ("bool text other", "bool text fine"),
    },
    "StructDomain": {
        "feature": ("structure inside", "structure fine"),
        "sparse_feature": ("structure sparse value", "structure sparse fine"),
    },
    "SparseFeature": {
        "name": ("sparse collision", "sparse fine"),
        "deprecated": "turns rules off, below",
        "lifecycle_stage": "turns rules off, below",
        "presence": UNCHECKED + "the value feature's presence says it",
        "dense_shape": READ,
        "index_feature": PARTS,
        "is_sorted": READ,
        "value_feature": PARTS,
        "type": READ,
    },
    "SparseFeature.IndexFeature": {"name": PARTS},
    "SparseFeature.ValueFeature": {"name": PARTS},
    "NaturalLanguageDomain": {
        "vocabulary": READ,
        "coverage": ("language coverage", "language fine"),
        "token_constraints": ("token few", "token fine"),
        "sequence_length_constraints": UNCHECKED + "it says what statistics leave out",
    },
    "FeatureCoverageConstraints": {
        "min_coverage": ("language coverage", "language fine"),
        "min_avg_token_length": ("language length", "language fine"),
        "excluded_string_tokens": READ,
        "excluded_int_tokens": READ,
        "oov_string_tokens": READ,
    },
    "SequenceValueConstraints": {
        "int_value": ("token of a number", "token of a number fine"),
        "string_value": ("token few", "token fine"),
        "min_per_sequence": ("token few", "token fine"),
        "max_per_sequence": ("token many", "token fine"),
        "min_fraction_of_sequences": ("token small share", "token fine"),
        "max_fraction_of_sequences": ("token large share", "token fine"),
    },
    "SequenceLengthConstraints": {
        "excluded_int_value": READ,
        "excluded_string_value": READ,
        "min_sequence_length": UNCHECKED + "`value_count` says it",
        "max_sequence_length": UNCHECKED + "`value_count` says it",
    },
    "ImageDomain": {
        "minimum_supported_image_fraction": ("image fraction", "image fine"),
        "max_image_byte_size": ("image size", "image fine"),
    },
    "TimeDomain": {"string_format": MEANING, "integer_format": MEANING},
    "TimeOfDayDomain": {"string_format": MEANING, "integer_format": MEANING},
    "DistributionConstraints": {"min_domain_mass": ("strings mass", "strings mass fine")},
    "Annotation": dict.fromkeys(("tag", "comment", "extra_metadata"), "a comment"),
    "FeatureComparator": {
        "infinity_norm": ("skew far", "skew fine"),
        "jensen_shannon_divergence": ("drift divergence", "drift divergence fine"),
        "normalized_abs_difference": ("drift difference", "drift difference fine"),
    },
    "InfinityNorm": {"threshold": ("skew far", "skew fine")},
    "JensenShannonDivergence": {
        "threshold": ("drift divergence", "drift divergence fine"),
        "source": "chooses the histogram: `drift divergence quantiles`",
    },
    "HistogramSelection": {"type": "chooses the histogram: `drift divergence quantiles`"},
    "NormalizedAbsoluteDifference": {"threshold": ("drift difference", "drift difference fine")},
    "UniqueConstraints": {
        "min": ("unique few", "unique fine"),
        "max": ("unique many", "unique fine"),
    },
    "DerivedFeatureSource": dict.fromkeys(
        ("deriver_name", "description", "source_path", "declaratively_configured", "config"),
        DERIVED,
    ),
    "Path": {"step": PARTS},
    "WeightedFeature": {
        "name": ("weighted collision", "weighted fine"),
        "feature": PARTS,
        "weight_feature": PARTS,
        "lifecycle_stage": "turns rules off, below",
    },
    "DatasetConstraints": {
        "num_examples_drift_comparator": ("rows ratio low", "rows ratio fine"),
        "num_examples_version_comparator": ("rows version low", "rows version fine"),
        "min_examples_count": ("rows few", "rows fine"),
        "max_examples_count": ("rows many", "rows fine"),
    },
    "NumericValueComparator": {
        "min_fraction_threshold": ("rows ratio low", "rows ratio fine"),
        "max_fraction_threshold": ("rows ratio high", "rows ratio fine"),
    },
}
WHOLE = {
    **dict.fromkeys(
        ("DerivedFeatureConfig", "AllowlistDeriver", "ArgmaxTopK", "ReduceOp", "SliceSql",
         "ImageQualityDeriver"), DERIVED,
    ),
    **dict.fromkeys(
        ("SequenceMetadata", "TensorRepresentationGroup", "TensorRepresentation",
         "Schema.TensorRepresentationGroupEntry"), READ,
    ),
    **dict.fromkeys(
        ("AudioDomain", "VideoDomain", "ContentChunkDomain", "MIDDomain", "URLDomain"),
        "has no fields",
    ),
}  # fmt: skip
"""Messages of which no field is a rule."""


def _messages():
    """Every message below Schema, by name, without those of others."""
    found = {}

    def walk(kind):
        name = kind.full_name.removeprefix("tensorflow.metadata.v0.")
        if name not in found and kind.full_name.startswith("tensorflow.metadata.v0."):
            found[name] = kind
            for field in kind.fields:
                if field.message_type is not None:
                    walk(field.message_type)

    walk(metadata.Schema.DESCRIPTOR)
    return found


def test_every_field_of_the_schema_is_in_the_table():
    known = {name: set(fields) for name, fields in FIELDS.items()}
    for name, kind in _messages().items():
        whole = name in WHOLE or any(name.startswith(f"{one}.") for one in WHOLE)
        assert whole or known.get(name) == {field.name for field in kind.fields}, name
    assert set(FIELDS) | set(WHOLE) <= set(_messages())


RULES = [
    (message, field, *cases)
    for message, fields in FIELDS.items()
    for field, cases in fields.items()
    if not isinstance(cases, str)
]


def _reasons(case):
    anomalies = found_in(case)
    infos = [*anomalies.anomaly_info.items(), ("", anomalies.dataset_anomaly_info)]
    return {(path, r.type, r.description) for path, info in infos for r in info.reason}


def _without(message, kind, field):
    """Clear a field in all messages of a kind, inside of one."""
    if message.DESCRIPTOR.full_name == f"tensorflow.metadata.v0.{kind}":
        message.ClearField(field)
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for one in value if descriptor.is_repeated else (value,):
                _without(one, kind, field)


@pytest.mark.parametrize(
    ("message", "field", "broken", "kept"), RULES, ids=[f"{m}.{f}" for m, f, *_ in RULES]
)
def test_the_rule_of_a_field_is_broken_and_kept(message, field, broken, kept):
    broken, kept = BY_NAME[broken], BY_NAME[kept]
    reasons = _reasons(broken)
    assert reasons
    assert not _reasons(kept)
    if (message, field) not in ABSENT:
        # It is this field that does it: without it something else is said, of one of them.
        assert _reasons_without(broken, message, field) != reasons or _reasons_without(
            kept, message, field
        )


def _reasons_without(case, message, field):
    schema = parsed(case.schema, metadata.Schema)
    _without(schema, message, field)
    try:
        return _reasons(case._replace(schema=text_format.MessageToString(schema)))
    except ValueError as error:  # An environment that the schema does not name.
        return str(error)


ABSENT = {("Schema", "feature"), ("Feature", "name")}
"""Rules that are broken by what the schema lacks."""
