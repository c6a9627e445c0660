"""Every rule of the schema, broken and kept, as TensorFlow Data Validation judges it."""

import gzip
import json
from pathlib import Path

import pytest
from google.protobuf import json_format, text_format

import tidefall.data_validation as tfdv
from tests.lifecycle.data_validation.rule_cases import CASES, dataset_text
from tidefall.proto import metadata
from tidefall.proto.registry import pool

_CONTENT = Path(__file__).with_name("anomalies_of_tfdv.json.gz").read_bytes()
RECORDED = json.loads(gzip.decompress(_CONTENT))
# Types that TFDV never raises, and those of code of one's own.
NEVER = {
    "FEATURE_TYPE_NO_VALUES", "FEATURE_TYPE_UNEXPECTED_REPEATED", "FLOAT_TYPE_NOT_FLOAT",
    "FLOAT_TYPE_NON_STRING", "FLOAT_TYPE_UNKNOWN_TYPE_NUMBER", "INT_TYPE_INT_EXPECTED",
    "INT_TYPE_NOT_STRING", "INT_TYPE_STRING_EXPECTED", "INT_TYPE_UNKNOWN_TYPE_NUMBER",
    "SCHEMA_TRAINING_SERVING_SKEW", "STRING_TYPE_NOW_FLOAT", "STRING_TYPE_NOW_INT",
    "COMPARATOR_TREATMENT_DATA_MISSING", "NO_DATA_IN_SPAN", "NLP_WRONG_LOCATION",
    "EMBEDDING_SHAPE_INVALID", "BOOL_TYPE_INVALID_CONFIG", "CUSTOM_VALIDATION", "UNKNOWN_TYPE",
    "MULTIPLE_REASONS",
}  # fmt: skip


def parsed(text, kind):
    return text_format.Parse(text, kind(), descriptor_pool=pool())


def statistics(text):
    found = metadata.DatasetFeatureStatisticsList()
    found.datasets.append(parsed(dataset_text(text), metadata.DatasetFeatureStatistics))
    return found


def found_in(case):
    others = {
        name: statistics(case.options[short]) if short in case.options else None
        for name, short in (
            ("previous_span_statistics", "previous"),
            ("serving_statistics", "serving"),
            ("previous_version_statistics", "version"),
        )
    }
    return tfdv.validate_statistics_internal(
        statistics(case.statistics),
        parsed(case.schema, metadata.Schema),
        case.options.get("environment"),
        **others,
    )


def by_json(message):
    message.ClearField("baseline")
    return json_format.MessageToDict(message)


def assert_close(ours, theirs, where=""):
    """Equal, numbers but for rounding."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        assert set(ours) == set(theirs), where
        for key in theirs:
            assert_close(ours[key], theirs[key], f"{where}/{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        assert len(ours) == len(theirs), where
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_close(one, other, f"{where}[{index}]")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-6), where
    else:
        assert ours == theirs, where


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_anomalies_are_those_of_tfdv(case):
    assert_close(by_json(found_in(case)), RECORDED[case.name]["anomalies"])


@pytest.mark.parametrize(
    "case", [c for c in CASES if "updated" in RECORDED[c.name]], ids=lambda case: case.name
)
def test_updated_and_inferred_schemas_are_those_of_tfdv(case):
    told = statistics(case.statistics)
    updated = tfdv.update_schema(parsed(case.schema, metadata.Schema), told)
    assert_close(json_format.MessageToDict(updated), RECORDED[case.name]["updated"])
    assert_close(
        json_format.MessageToDict(tfdv.infer_schema(told)), RECORDED[case.name]["inferred"]
    )


def test_cases_that_keep_a_rule_have_no_anomaly():
    for case in CASES:
        anomalies = found_in(case)
        is_fine = not anomalies.anomaly_info and not anomalies.HasField("dataset_anomaly_info")
        assert is_fine or not case.name.endswith("fine"), case.name


def test_every_type_of_anomaly_is_provoked():
    seen = {"INVALID_DOMAIN_SPECIFICATION"}  # Below.
    for case in CASES:
        anomalies = found_in(case)
        infos = [*anomalies.anomaly_info.values(), anomalies.dataset_anomaly_info]
        seen |= {info.Type.Name(reason.type) for info in infos for reason in info.reason}
    known = set(metadata.AnomalyInfo.Type.keys())
    unsaid = {
        name
        for name in known - seen - NEVER
        if "_NOT_" not in name or not name.startswith(("BOOL", "ENUM"))
    }
    assert unsaid == set()


def test_accepting_all_anomalies_leaves_none():
    for case in CASES:
        told = statistics(case.statistics)
        if not told.datasets[0].num_examples or set(case.options) - {"environment"}:
            continue
        schema = parsed(case.schema, metadata.Schema)
        updated = tfdv.update_schema(schema, told)
        updated = tfdv.update_schema(updated, told)
        again = tfdv.validate_statistics(told, updated)
        assert not again.anomaly_info, case.name


@pytest.mark.parametrize(
    "text, short",
    [
        ("type: BYTES domain: 'colors'", "missing domain: colors"),
        ("type: BYTES audio_domain { }", "internal issue: unknown domain_info type"),
    ],
)
def test_domains_that_are_not_there(text, short):
    schema = parsed(f"feature {{ name: 'f' {text} }}", metadata.Schema)
    told = statistics(next(case.statistics for case in CASES if case.name == "strings fine"))
    (info,) = tfdv.validate_statistics(told, schema).anomaly_info.values()
    assert info.Type.Name(info.reason[0].type) == "INVALID_DOMAIN_SPECIFICATION"
    assert info.short_description == short


def test_nan_is_drift():
    # TFDV forgets NaN where buckets have other bounds.
    cases = {case.name: case for case in CASES}
    case = cases["drift divergence endless"]
    told = case.statistics.replace("num_nan: 0", "num_nan: 90")
    with_nan, without = found_in(case._replace(statistics=told)), found_in(case)
    distance = [one.drift_skew_info[0].drift_measurements[0].value for one in (with_nan, without)]
    assert distance[0] > distance[1] + 0.3


def test_warnings_and_features_that_are_needed():
    told, schema = statistics(CASES[0].statistics), metadata.Schema()
    path = tfdv.FeaturePath(["f"])
    for options, severity in (
        (None, "ERROR"),
        (tfdv.ValidationOptions(new_features_are_warnings=True), "WARNING"),
        (tfdv.ValidationOptions(severity_overrides={"SCHEMA_NEW_COLUMN": "WARNING"}), "WARNING"),
        (tfdv.ValidationOptions(features_needed={path: ["asked for"]}), "ERROR"),
    ):
        found = tfdv.validate_statistics_internal(told, schema, validation_options=options)
        assert found.AnomalyNameFormat.Name(found.anomaly_name_format) == "SERIALIZED_PATH"
        (info,) = found.anomaly_info.values()
        assert info.Severity.Name(info.severity) == severity
    other = tfdv.ValidationOptions(features_needed={tfdv.FeaturePath(["g"]): ["asked for"]})
    assert not tfdv.validate_statistics_internal(
        told, schema, validation_options=other
    ).anomaly_info


def test_lines_of_the_schema_that_would_change():
    case = next(case for case in CASES if case.name == "int big")
    schema = parsed(case.schema, metadata.Schema)
    found = tfdv.validate_statistics_internal(
        statistics(case.statistics), schema, enable_diff_regions=True
    )
    changed = [region.changed for region in found.anomaly_info["f"].diff_regions]
    (changed,) = [region for region in changed if region.left_contents]
    assert [line.strip() for line in changed.left_contents] == ["max: 8"]
    assert [line.strip() for line in changed.right_contents] == ["max: 9"]


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda s: tfdv.infer_schema(metadata.Schema()), TypeError, "should be a DatasetFeature"),
        (lambda s: tfdv.update_schema(s, metadata.Schema()), TypeError, "statistics is of type"),
        (lambda s: tfdv.update_schema(s, metadata.Schema()), TypeError, "should be"),
        (lambda s: tfdv.validate_statistics(s, metadata.Schema()), TypeError, "should be"),
        (
            lambda s: tfdv.validate_statistics(
                metadata.DatasetFeatureStatisticsList(datasets=[{"num_examples": 1}]),
                metadata.Schema(),
                environment="ELSEWHERE",
            ),
            ValueError,
            "Environment ELSEWHERE not found",
        ),
        (
            lambda s: tfdv.infer_schema(
                metadata.DatasetFeatureStatisticsList(datasets=[{"name": "a"}, {"name": "b"}])
            ),
            ValueError,
            "All Examples",
        ),
        (lambda s: tfdv.get_feature(s, "none"), ValueError, "none not found"),
        (lambda s: tfdv.get_domain(s, "f"), ValueError, "no domain"),
        (lambda s: tfdv.set_domain(s, "f", 7), TypeError, "domain is of type int"),
        (lambda s: tfdv.set_domain(s, "f", "none"), ValueError, "Invalid global string domain"),
    ],
)
def test_arguments_that_are_wrong(call, error, match):
    schema = parsed("feature { name: 'f' type: BYTES }", metadata.Schema)
    with pytest.raises(error, match=match):
        call(schema)


def test_editing_a_schema():
    schema = parsed(
        "feature { name: 'f' type: BYTES } string_domain { name: 'd' value: 'a' } feature { "
        "name: 's' type: STRUCT struct_domain { feature { name: 'g' type: INT } } }",
        metadata.Schema,
    )
    tfdv.set_domain(schema, "f", "d")
    assert list(tfdv.get_domain(schema, "f").value) == ["a"]
    path = tfdv.FeaturePath(["s", "g"])
    tfdv.set_domain(schema, path, metadata.IntDomain(min=1))
    assert tfdv.get_domain(schema, path).min == 1
    with pytest.raises(TypeError, match="STRUCT feature"):
        tfdv.set_domain(schema, "s", metadata.IntDomain())
    with pytest.raises(ValueError, match="does not refer to a valid STRUCT"):
        tfdv.get_feature(schema, tfdv.FeaturePath(["f", "g"]))
    dummy = tfdv.generate_dummy_schema_with_paths([path, tfdv.FeaturePath(["f"])])
    assert dummy.feature[0].struct_domain.feature[0].name == "g"
    assert dummy.feature[1].name == "f"
