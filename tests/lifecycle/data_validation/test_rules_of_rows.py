# ruff: noqa: E501 - a table: one line for each rule.
"""Each rule of the schema that one row can break, at each door for rows: all say the same."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format

import tidefall as tf
import tidefall.data_validation as tfdv
from tidefall.lifecycle.data_validation.sources.examples import examples_to_batch
from tidefall.proto import Example, SequenceExample, metadata
from tidefall.proto.registry import pool
from tidefall.serving.models.contract import ContractError, contract_for
from tidefall.serving.models.data_schema import read_schema
from tidefall.serving.models.servable import TensorInfo

NAN, INF = float("nan"), float("inf")
LIFE = "feature { name: 'f' type: BYTES presence { min_fraction: 1 } %s }"
ENDS = "value_counts { value_count { min: 2 max: 3 } value_count { min: 1 max: 2 } }"

# The schema; values of the feature "f" that keep to it (None: the feature is not there); those that
# do not, and the type of anomaly.
RULES = {
    "type INT": ("type: INT", [[1], None], [("UNEXPECTED_DATA_TYPE", [0.5]), ("UNEXPECTED_DATA_TYPE", ["a"])]),
    "type FLOAT": ("type: FLOAT", [[0.5]], [("UNEXPECTED_DATA_TYPE", [1]), ("UNEXPECTED_DATA_TYPE", ["a"])]),
    "type BYTES": ("type: BYTES", [["a"]], [("UNEXPECTED_DATA_TYPE", [1])]),
    "presence": ("presence { min_fraction: 1 }", [[1]], [("FEATURE_TYPE_LOW_FRACTION_PRESENT", None)]),
    "presence of some": ("presence { min_fraction: 0.9 }", [[1], None], []),
    "group presence": ("group_presence { required: true }", [[1]], [("FEATURE_TYPE_LOW_FRACTION_PRESENT", None)]),
    "value count": (
        "value_count { min: 2 max: 3 }",
        [[1, 2], [1, 2, 3], None],
        [("FEATURE_TYPE_LOW_NUMBER_VALUES", [1]), ("FEATURE_TYPE_HIGH_NUMBER_VALUES", [1, 2, 3, 4])],
    ),
    "shape": (
        "shape { dim { size: 2 } }",
        [[1, 2]],
        [
            ("INVALID_FEATURE_SHAPE", [1]),
            ("INVALID_FEATURE_SHAPE", [1, 2, 3]),
            ("FEATURE_TYPE_LOW_FRACTION_PRESENT", None),
        ],
    ),
    "int domain": (
        "type: INT int_domain { min: -2 max: 3 }",
        [[-2], [3, 0]],
        [("INT_TYPE_SMALL_INT", [-3]), ("INT_TYPE_BIG_INT", [0, 4])],
    ),
    "int domain of text": (
        "type: BYTES int_domain { min: 1 max: 3 }",
        [["1"], ["3"]],
        [
            ("INT_TYPE_SMALL_INT", ["0"]),
            ("INT_TYPE_BIG_INT", ["4"]),
            ("INT_TYPE_NOT_INT_STRING", ["one"]),
            ("INT_TYPE_NOT_INT_STRING", ["1.5"]),
        ],
    ),
    "float domain": (
        "type: FLOAT float_domain { min: -0.5 max: 2 }",
        [[-0.5], [2.0], [NAN]],
        [("FLOAT_TYPE_SMALL_FLOAT", [-1.0]), ("FLOAT_TYPE_BIG_FLOAT", [1.0, 2.5])],
    ),
    "no NaN": ("type: FLOAT float_domain { disallow_nan: true }", [[1.0], [INF]], [("FLOAT_TYPE_HAS_NAN", [NAN])]),
    "no infinity": ("type: FLOAT float_domain { disallow_inf: true }", [[1.0], [NAN]], [("FLOAT_TYPE_HAS_INF", [-INF])]),
    "float domain of text": (
        "type: BYTES float_domain { max: 1 }",
        [["0.5"], ["-1e3"]],
        [("FLOAT_TYPE_BIG_FLOAT", ["1.5"]), ("FLOAT_TYPE_STRING_NOT_FLOAT", ["x"])],
    ),
    "string domain": (
        "type: BYTES string_domain { value: 'a' value: 'é' }",
        [["a"], ["é", "a"]],
        [("ENUM_TYPE_UNEXPECTED_STRING_VALUES", ["b"]), ("ENUM_TYPE_UNEXPECTED_STRING_VALUES", [b"\xff"])],
    ),
    "shared string domain": ("type: BYTES domain: 'd'", [["u"]], [("ENUM_TYPE_UNEXPECTED_STRING_VALUES", ["a"])]),
    "shared int domain": ("type: INT domain: 'i'", [[5]], [("INT_TYPE_BIG_INT", [6])]),
    "shared float domain": ("type: FLOAT domain: 'x'", [[5.0]], [("FLOAT_TYPE_SMALL_FLOAT", [4.0])]),
    "mass of a domain": (
        "type: BYTES string_domain { value: 'a' } distribution_constraints { min_domain_mass: 0.5 }",
        [["b"]],
        [],
    ),
    "truth of integers": (
        "type: INT bool_domain { }",
        [[0], [1]],
        [("BOOL_TYPE_BIG_INT", [2]), ("BOOL_TYPE_SMALL_INT", [-1])],
    ),
    "truth of floats": (
        "type: FLOAT bool_domain { }",
        [[0.0], [1.0]],
        [("BOOL_TYPE_UNEXPECTED_FLOAT", [0.5]), ("BOOL_TYPE_UNEXPECTED_FLOAT", [NAN])],
    ),
    "truth of text": (
        "type: BYTES bool_domain { true_value: 'y' false_value: 'n' }",
        [["y"], ["n"]],
        [("BOOL_TYPE_UNEXPECTED_STRING", ["1"])],
    ),
    "truth of text that is not told": ("type: BYTES bool_domain { }", [], [("BOOL_TYPE_UNEXPECTED_STRING", ["1"])]),
    **{
        f"stage {stage}": (f"presence {{ min_fraction: 1 }} lifecycle_stage: {stage}", [[1], None], [])
        for stage in ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")
    },
    **{
        f"stage {stage}": (
            f"presence {{ min_fraction: 1 }} lifecycle_stage: {stage}",
            [[1]],
            [("FEATURE_TYPE_LOW_FRACTION_PRESENT", None)],
        )
        for stage in ("BETA", "PRODUCTION")
    },
    "deprecated": ("presence { min_fraction: 1 } deprecated: true", [[1], None], []),
    "not in serving": ("presence { min_fraction: 1 } not_in_environment: 'SERVING'", [[1], None], []),
    "meanings": (
        "type: BYTES natural_language_domain { } drift_comparator { infinity_norm { threshold: 0.1 } } unique_constraints { min: 1 max: 1 } presence { min_count: 3 }",
        [["a"], None],
        [],
    ),
}  # fmt: skip
BROKEN = [(name, kind, values) for name, (_, _, bad) in RULES.items() for kind, values in bad]
KEPT = [(name, values) for name, (_, good, _) in RULES.items() for values in good]


def schema_of(name):
    text = f"""default_environment: 'TRAINING' default_environment: 'SERVING'
        feature {{ name: 'f' {RULES[name][0]} }} feature {{ name: 'key' type: INT }}
        string_domain {{ name: 'd' value: 'u' }} int_domain {{ name: 'i' max: 5 }}
        float_domain {{ name: 'x' min: 5 }}"""
    return text_format.Parse(text, metadata.Schema(), descriptor_pool=pool())


def example(values):
    """A row with a key, and values of the feature "f"."""
    message = Example()
    message.features.feature["key"].int64_list.value.append(1)
    if values is not None:
        kind = {int: "int64_list", float: "float_list"}.get(type(values[0]), "bytes_list")
        given = [one.encode() if isinstance(one, str) else one for one in values]
        getattr(message.features.feature["f"], kind).value.extend(given)
    return message.SerializeToString()


# Each door takes a schema and values of a row, and says which types of anomaly it finds.


def arrow_door(schema, values, folder):
    batch = examples_to_batch([example(values)])
    return {one.type for one in tfdv.RowContract(schema, "SERVING").refusals(batch)}


def scoring_door(schema, values, folder):
    path = folder / "refused.jsonl"
    door = tfdv.RecordDoor(tfdv.served_part(schema), None, "quarantine", path)
    record = example(values)
    passed = door.admitted([record])
    if passed:
        assert passed == [record] and not path.exists()
        return set()
    (refused,) = tfdv.read_quarantine(path)
    assert refused["features"] == {"record": record}
    return {reason["type"] for reason in refused["reasons"]}


def pipeline_door(schema, values, folder):
    kind = tf.int64 if values is None else {int: tf.int64, float: tf.float32}.get(
        type(values[0]), tf.string
    )  # fmt: skip
    spec = {"f": tf.io.VarLenFeature(kind), "key": tf.io.VarLenFeature(tf.int64)}
    rows = tf.data.Dataset.from_tensor_slices([example(values)]).batch(1)
    parsed = rows.map(lambda batch: tf.io.parse_example(batch, spec))
    path = folder / "refused.jsonl"
    door = parsed.validate(
        schema, "quarantine", quarantine_path=path, batched=True, environment="SERVING"
    )
    passed = sum(int(batch["key"].dense_shape[0]) for batch in door)
    assert passed + door.validation["refused"] == 1
    if passed:
        return set()
    (refused,) = tfdv.read_quarantine(path)
    return {reason["type"] for reason in refused["reasons"]}


def _server(schema, folder, inputs, arrays):
    (folder / "assets.extra").mkdir(exist_ok=True)
    tfdv.write_schema_text(schema, folder / "assets.extra" / "schema.pbtxt")
    contract = contract_for(read_schema(folder), inputs)
    try:
        contract(arrays)
    except ContractError as error:
        return {reason.type for reason in error.reasons}
    return set()


def server_door(schema, values, folder):
    arrays = {"examples": np.array([example(values)], object)}
    return _server(schema, folder, {"examples": TensorInfo("string", (None,))}, arrays)


DOORS = [arrow_door, scoring_door, pipeline_door, server_door]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("name", "values"), KEPT, ids=[f"{n}: {v}" for n, v in KEPT])
def test_a_row_that_keeps_to_the_rule_passes(tmp_path, door, name, values):
    assert door(schema_of(name), values, tmp_path) == set()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("name", "kind", "values"), BROKEN, ids=[f"{n}: {v}" for n, _, v in BROKEN]
)
def test_a_row_that_breaks_the_rule_does_not(tmp_path, door, name, kind, values):
    # Where no row of a batch has the feature, its column is missing.
    absent = {"SCHEMA_MISSING_COLUMN": "FEATURE_TYPE_LOW_FRACTION_PRESENT"}
    found = door(schema_of(name), values, tmp_path)
    assert {absent.get(one, one) for one in found} == {kind}


@pytest.mark.parametrize(
    ("name", "values"), [(n, v) for n, _, v in BROKEN if v and "type" not in n]
)  # fmt: skip
def test_the_server_refuses_the_same_as_a_tensor(tmp_path, name, values):
    kind = {int: "int64", float: "float32"}.get(type(values[0]), "string")
    array = np.empty((1, len(values)), object if kind == "string" else kind)
    array[0] = [one.encode() if isinstance(one, str) else one for one in values]
    inputs = {"f": TensorInfo(kind, (None, None))}
    (expected,) = {k for n, k, v in BROKEN if n == name and v is values}
    assert _server(schema_of(name), tmp_path, inputs, {"f": array}) == {expected}


# --- lists in lists, and structures ---------------------------------------------------------------

LISTS = f"""
feature {{ name: '##SEQUENCE##' type: STRUCT struct_domain {{
  feature {{ name: 'f' type: INT presence {{ min_fraction: 1 }} int_domain {{ max: 9 }} {ENDS} }}
  feature {{ name: 'g' type: BYTES }} }} }}
"""
STEPS = {
    "fine": ([[1, 2], [9]], set()),
    "few steps": ([[1]], {"FEATURE_TYPE_LOW_NUMBER_VALUES"}),
    "many steps": ([[1]] * 4, {"FEATURE_TYPE_HIGH_NUMBER_VALUES"}),
    "few values": ([[1], []], {"FEATURE_TYPE_LOW_NUMBER_VALUES"}),
    "many values": ([[1], [1, 2, 3]], {"FEATURE_TYPE_HIGH_NUMBER_VALUES"}),
    "a value": ([[1], [10]], {"INT_TYPE_BIG_INT"}),
    "nothing where the structure is": (None, {"FEATURE_TYPE_LOW_FRACTION_PRESENT"}),
}


def sequence(steps):
    message = SequenceExample()
    message.feature_lists.feature_list["g"].feature.add().bytes_list.value.append(b"a")
    for values in steps or ():
        one = message.feature_lists.feature_list["f"].feature.add()
        one.int64_list.value.extend(values)
    return message.SerializeToString()


@pytest.mark.parametrize(("steps", "types"), STEPS.values(), ids=STEPS)
def test_lists_in_lists_of_sequence_examples(tmp_path, steps, types):
    schema = text_format.Parse(LISTS, metadata.Schema(), descriptor_pool=pool())
    path = tmp_path / "refused.jsonl"
    # Another record has all of it, so that the column is known.
    door = tfdv.RecordDoor(schema, None, "quarantine", path)
    passed = door.admitted([sequence([[1], [2]]), sequence(steps)])
    assert len(passed) == 2 - bool(types)
    refused = list(tfdv.read_quarantine(path)) if types else []
    assert {reason["type"] for row in refused for reason in row["reasons"]} == types
    arrays = {"examples": np.array([sequence(steps)], object)}
    inputs = {"examples": TensorInfo("string", (None,))}
    assert _server(schema, tmp_path, inputs, arrays) == types


def test_a_domain_that_the_schema_lacks_is_no_rule_that_is_forgotten(tmp_path):
    text = "feature { name: 'f' type: BYTES domain: 'none' }"
    schema = text_format.Parse(text, metadata.Schema(), descriptor_pool=pool())
    with pytest.raises(tf.errors.InvalidArgumentError, match="no domain 'none'"):
        tfdv.RowContract(schema)
    with pytest.raises(tf.errors.DataLossError, match="no domain 'none'"):
        server_door(schema, ["a"], tmp_path)


def test_records_that_are_no_examples_are_put_aside_and_nothing_else(tmp_path):
    schema = schema_of("int domain")
    path = tmp_path / "refused.jsonl"
    door = tfdv.RecordDoor(schema, None, "quarantine", path)
    records = [example([1]), b"\xff\xff", example(["a"]), example([2]), b""]
    assert door.admitted(records) == [records[0], records[3], b""]
    refused = list(tfdv.read_quarantine(path))
    assert [row["features"]["record"] for row in refused] == [records[1], records[2]]
    assert [row["number"] for row in refused] == [1, 2]
    assert {row["reasons"][0]["type"] for row in refused} == {"UNEXPECTED_DATA_TYPE"}
    assert door.counts == {"rows": 5, "refused": 2}
    failing = tfdv.RecordDoor(schema, first=100)
    with pytest.raises(tf.errors.InvalidArgumentError, match="record 101 breaks the schema"):
        failing.admitted(records)


def test_what_serving_does_not_have_is_no_part_of_what_is_served():
    text = """feature { name: 'a' } feature { name: 'b' not_in_environment: 'SERVING' }
        feature { name: 's' type: STRUCT struct_domain {
            feature { name: 'c' not_in_environment: 'SERVING' } feature { name: 'd' } } }"""
    schema = text_format.Parse(text, metadata.Schema(), descriptor_pool=pool())
    part = tfdv.served_part(schema)
    assert [one.name for one in part.feature] == ["a", "s"]
    assert [one.name for one in part.feature[1].struct_domain.feature] == ["d"]
    assert len(schema.feature) == 3
