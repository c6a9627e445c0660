"""Requests against the data schema that a model ships."""

import re

import numpy as np
import pytest
from google.protobuf import text_format

from tidefall.base import errors
from tidefall.proto import Example, SequenceExample
from tidefall.serving.models.contract import ContractError, contract_for
from tidefall.serving.models.data_schema import read_schema
from tidefall.serving.models.prediction import check_inputs
from tidefall.serving.models.servable import Signature, TensorInfo

PEOPLE = """
feature { name: "age" type: INT int_domain { min: 0 max: 120 } presence { min_fraction: 1 } }
feature { name: "income" type: FLOAT float_domain { min: 0 disallow_inf: true } }
feature { name: "rate" type: FLOAT float_domain { max: 1 disallow_nan: true } }
feature { name: "country" type: BYTES domain: "countries" presence { min_fraction: 1 } }
feature { name: "tags" type: BYTES value_count { min: 1 max: 3 } }
feature { name: "point" type: FLOAT shape { dim { size: 2 } } }
feature { name: "member" type: INT bool_domain {} }
feature { name: "answer" type: BYTES bool_domain { true_value: "yes" false_value: "no" } }
feature { name: "label" type: INT not_in_environment: "SERVING" presence { min_fraction: 1 } }
feature { name: "old" type: INT lifecycle_stage: DEPRECATED presence { min_fraction: 1 } }
string_domain { name: "countries" value: "AT" value: "CH" value: "D\\303\\211" }
"""
DTYPES = {
    "age": "int64",
    "income": "float32",
    "rate": "float32",
    "country": "string",
    "tags": "string",
    "point": "float32",
    "member": "int64",
    "answer": "string",
}


@pytest.fixture
def schema(tmp_path):
    def read(text):
        folder = tmp_path / "assets.extra"
        folder.mkdir(exist_ok=True)
        (folder / "schema.pbtxt").write_text(text)
        return read_schema(tmp_path)

    return read


def array(dtype, values):
    if dtype != "string":
        return np.array(values, dtype)
    found = np.empty(np.shape(values), object)
    found[:] = values
    return found


def check(schema, name, values, text=PEOPLE):
    """Checks one column, sent as the signature's only input."""
    dtype = DTYPES.get(name, "float32")
    contract = contract_for(schema(text), {name: TensorInfo(dtype, None)})
    contract({name: array(dtype, values)})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", [0, 120]),
        ("age", [[5], [6]]),
        ("age", []),
        ("income", [0.0, 1e30]),
        # NaN is in no range, and out of none: `disallow_nan` decides, as for whole data sets.
        ("income", [float("nan")]),
        ("country", [b"AT", "Dé".replace("é", "É").encode()]),
        ("tags", [[b"a", b"b"]]),
        ("point", [[1.0, 2.0]]),
        ("member", [0, 1]),
        ("answer", [b"yes", b"no"]),
    ],
)
def test_values_that_the_schema_allows(schema, name, values):
    check(schema, name, values)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "age",
            [1, 150, -3],
            "expected values from 0 to 120; 1 of 3 values are not, the first -3 in row 2; more",
        ),
        ("age", 150, "1 of 1 values are not, the first 150 in row 0"),
        ("income", [1.0, -1.0], "column 'income': expected values from 0; 1 of 2"),
        ("rate", [float("nan")], "column 'rate': expected no NaN; 1 of 1"),
        ("income", [float("inf")], "column 'income': expected no infinity"),
        (
            "country",
            [b"AT", b"XX"],
            "one of 'AT', 'CH', 'DÉ'; 1 of 2 values are not",
        ),
        ("tags", [[b"a", b"b", b"c", b"d"]], "column 'tags': row 0 has 4 values, expected 1 to 3"),
        ("point", [[1.0, 2.0, 3.0]], "expected rows of shape (2,), received (3,)"),
        ("member", [0, 2], "column 'member': expected 0 or 1"),
        ("answer", [b"maybe"], "one of 'yes', 'no'"),
    ],
)
def test_values_that_it_does_not_allow_are_named_with_their_column(schema, name, values, message):
    with pytest.raises(errors.InvalidArgumentError) as caught:
        check(schema, name, values)
    assert message in caught.value.message


GRID = """
feature {
  name: "grid" type: FLOAT
  value_counts { value_count { min: 1 max: 2 } value_count { min: 3 } }
}
"""


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 2, 3), None),
        ((4, 1, 7), None),
        ((4, 3, 3), "rows have 3 items in dimension 0, expected 1 to 2"),
        ((4, 2, 2), "rows have 2 items in dimension 1, expected 3 to any number"),
        ((4, 6), "expected rows with 2 dimensions, received shape (6,)"),
    ],
)
def test_lists_in_lists(schema, shape, message):
    values = np.zeros(shape, np.float32)
    if message is None:
        check(schema, "grid", values, GRID)
        return
    with pytest.raises(errors.InvalidArgumentError) as caught:
        check(schema, "grid", values, GRID)
    assert message in caught.value.message


def test_lists_in_lists_of_examples_are_counted_together(schema):
    contract = contract_for(schema(GRID), {"inputs": TensorInfo("string", (None,))})

    def send(count):
        message = Example()
        message.features.feature["grid"].float_list.value.extend([0.0] * count)
        contract({"inputs": array("string", [message.SerializeToString()])})

    send(3)
    with pytest.raises(errors.InvalidArgumentError, match="row 0 has 2 values, expected 3 to any"):
        send(2)


def test_all_columns_of_a_signature_are_checked(schema):
    inputs = {name: TensorInfo(DTYPES[name], (None,)) for name in ("age", "member")}
    inputs["unknown"] = TensorInfo("float32", (None,))  # The schema says nothing of it.
    contract = contract_for(schema(PEOPLE), inputs)
    signature = Signature(inputs, {}, lambda arrays: {}, contract=contract)
    good = {"age": np.int64([1]), "member": np.int64([1]), "unknown": np.float32([-1])}
    check_inputs(signature, good)
    for name in ("age", "member"):
        with pytest.raises(errors.InvalidArgumentError, match=f"column '{name}'"):
            check_inputs(signature, good | {name: np.int64([200])})


def example(text):
    return text_format.Parse(text, Example()).SerializeToString()


GOOD = """features {
  feature { key: "age" value { int64_list { value: 7 } } }
  feature { key: "country" value { bytes_list { value: "CH" } } }
  feature { key: "point" value { float_list { value: 1 value: 2 } } }
"""


@pytest.fixture
def examples(schema):
    contract = contract_for(schema(PEOPLE), {"inputs": TensorInfo("string", (None,))})
    return lambda *serialized: contract({"inputs": array("string", list(serialized))})


def test_features_of_examples(examples):
    tags = 'feature { key: "tags" value { bytes_list { value: "a" value: "b" } } }'
    examples(example(GOOD + "}"), example(GOOD + tags + "}"))
    examples()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("features {}", "column 'age': row 1 has no value, and every row needs one"),
        (
            'features { feature { key: "age" value { int64_list {} } } }',
            "column 'age': row 1 has no value",
        ),
        (GOOD.replace("7", "777") + "}", "the first 777 in row 1"),
        (
            GOOD.replace("int64_list { value: 7 }", "float_list { value: 7 }") + "}",
            "column 'age': expected integers, received float",
        ),
        (GOOD.replace("CH", "XX") + "}", "the first b'XX' in row 1"),
        (
            GOOD
            + 'feature { key: "tags" value { bytes_list { value: "a" value: "a" value: "a" '
            + 'value: "a" } } } }',
            "column 'tags': row 1 has 4 values, expected 1 to 3",
        ),
        (
            GOOD.replace("value: 1 value: 2", "value: 1") + "}",
            "column 'point': row 1 has 1 values, expected 2 to 2",
        ),
        (
            GOOD + 'feature { key: "rate" value { bytes_list { value: "1" } } } }',
            "column 'rate': expected floats, received strings",
        ),
    ],
)
def test_features_of_examples_that_the_schema_does_not_allow(examples, text, message):
    with pytest.raises(errors.InvalidArgumentError) as caught:
        examples(example(GOOD + "}"), example(text))
    assert message in caught.value.message


SEQUENCES = """
feature { name: "user" type: INT presence { min_fraction: 1 } }
feature {
  name: "##SEQUENCE##" type: STRUCT presence { min_fraction: 1 }
  struct_domain {
    feature {
      name: "clicks" type: INT presence { min_fraction: 1 } int_domain { min: 1 max: 9 }
      value_counts { value_count { min: 1 max: 3 } value_count { min: 1 max: 2 } }
    }
    feature { name: "words" type: BYTES string_domain { value: "a" value: "b" } }
  }
}
"""
CLICKS = """
context { feature { key: "user" value { int64_list { value: 1 } } } }
feature_lists {
  feature_list {
    key: "clicks" value {
      feature { int64_list { value: 1 value: 2 } } feature { int64_list { value: 9 } }
    }
  }
  %s
}
"""
WORDS = 'feature_list { key: "words" value { feature { bytes_list { value: "%s" } } } }'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CLICKS % "", None),
        (CLICKS % (WORDS % "b"), None),
        (CLICKS % (WORDS % "z"), "column '##SEQUENCE##.words': expected one of 'a', 'b'"),
        ((CLICKS % "").replace("value: 9", "value: 10"), "the first 10 in row 1"),
        ((CLICKS % "").replace("value: 9", ""), "row 1 has 0 values in step 1, expected 1 to 2"),
        (
            (CLICKS % "").replace("value: 1 value: 2", "value: 1 value: 2 value: 3"),
            "row 1 has 3 values in step 0, expected 1 to 2",
        ),
        (
            (CLICKS % "").replace("feature { int64_list { value: 9 } }", "feature {} " * 3),
            "row 1 has 4 steps, expected 1 to 3",
        ),
        (
            CLICKS.split("feature_lists")[0],
            "column '##SEQUENCE##': row 1 has no value, and every row needs one",
        ),
        (
            re.sub('feature_list {.*key: "clicks".*', WORDS % "a" + "}", CLICKS, flags=re.DOTALL),
            "column '##SEQUENCE##.clicks': row 1 has no value",
        ),
        ("context {}", "column 'user': row 1 has no value"),
    ],
)
def test_feature_lists_of_sequence_examples(schema, text, message):
    contract = contract_for(schema(SEQUENCES), {"inputs": TensorInfo("string", (None,))})
    parts = [text_format.Parse(one, SequenceExample()) for one in (CLICKS % "", text)]
    arrays = {"inputs": array("string", [part.SerializeToString() for part in parts])}
    if message is None:
        contract(arrays)
        return
    with pytest.raises(ContractError) as caught:
        contract(arrays)
    assert message in caught.value.message


def test_features_of_structures_are_inputs_by_their_paths(schema):
    text = """feature { name: "trip" type: STRUCT struct_domain {
        feature { name: "fare" type: FLOAT float_domain { min: 0 } } } }"""
    contract = contract_for(schema(text), {"trip.fare": TensorInfo("float32", (None,))})
    contract({"trip.fare": np.float32([1])})
    with pytest.raises(ContractError, match=r"column 'trip.fare': expected values from 0"):
        contract({"trip.fare": np.float32([-1])})


def test_every_reason_is_told(examples):
    with pytest.raises(ContractError) as caught:
        examples(example("features {}"), example(GOOD.replace("7", "777") + "}"))
    assert [(one.feature, one.type) for one in caught.value.reasons] == [
        ("age", "FEATURE_TYPE_LOW_FRACTION_PRESENT"),
        ("age", "INT_TYPE_BIG_INT"),
        ("country", "FEATURE_TYPE_LOW_FRACTION_PRESENT"),
        ("point", "FEATURE_TYPE_LOW_FRACTION_PRESENT"),
    ]


def test_what_is_no_example_is_refused(examples):
    with pytest.raises(errors.InvalidArgumentError, match=r"expected serialized tf\.Example"):
        examples(b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("feature {", errors.DataLossError, r"damaged schema in .*schema\.pbtxt"),
        ('feature { nme: "x" }', errors.DataLossError, "nme"),
        ('feature { name: "x" domain: "y" }', errors.DataLossError, "has no domain 'y'"),
    ],
)
def test_a_schema_that_cannot_be_kept_to_stops_the_model_from_loading(schema, text, kind, message):
    with pytest.raises(kind, match=message):
        schema(text)


def test_rules_for_whole_data_sets_are_left_aside(schema):
    text = """feature { name: "x" type: BYTES string_domain { value: "a" }
        distribution_constraints { min_domain_mass: 0.9 } skew_comparator {} drift_comparator {}
        unique_constraints { min: 1 max: 2 } natural_language_domain {} }"""
    with pytest.raises(errors.DataLossError):  # Two domains at once are none.
        schema(text)
    schema(text.replace("natural_language_domain {}", ""))
    contract = contract_for(
        schema(text.replace("natural_language_domain {}", "")), {"x": TensorInfo("string", (None,))}
    )
    contract({"x": array("string", [b"b"])})


def test_a_schema_that_contradicts_the_signature_is_refused(schema):
    with pytest.raises(errors.InvalidArgumentError, match="'age' holds integers, and"):
        contract_for(schema(PEOPLE), {"age": TensorInfo("float32", (None,))})


def test_a_model_without_a_schema_has_no_contract(tmp_path):
    assert read_schema(tmp_path) is None


def test_environments(schema):
    text = 'default_environment: "TRAINING" feature { name: "x" %s }'
    assert not schema(text % "")
    assert schema(text % 'in_environment: "SERVING"').keys() == {"x"}


def test_a_saved_model_brings_its_schema(tmp_path):
    import tidefall as tf
    from tidefall.serving.models.saved_model import load_saved_model

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def double(self, x):
            return {"y": 2 * x}

    model = Model()
    folder = tmp_path / "1"
    tf.saved_model.save(model, str(folder), signatures=model.double)
    (folder / "assets.extra").mkdir()
    path = folder / "assets.extra" / "schema.pbtxt"
    path.write_text('feature { name: "x" type: FLOAT float_domain { max: 10 } }')
    signature = load_saved_model(folder).signatures["serving_default"]
    check_inputs(signature, {"x": np.float32([10])})
    with pytest.raises(errors.InvalidArgumentError, match="column 'x': expected values up to 10"):
        check_inputs(signature, {"x": np.float32([11])})
    path.write_text('feature { name: "x" type: BYTES }')
    with pytest.raises(errors.InvalidArgumentError, match="holds strings"):
        load_saved_model(folder)
