"""The command line of the load generator, and the bodies it makes up."""

import json

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.bench.cli import main
from tidefall.serving.bench.payloads import random_inputs, rest_body

BRIEF = ["--seconds=0.1", "--warmup=0", "--output=json", "--model_name=half"]


@pytest.mark.parametrize("signature", ["", "images", "strings", "scalar", "many"])
def test_bodies_are_made_after_the_metadata(serve, signature, capsys):
    arguments = [f"--url={serve().url}", f"--signature_name={signature}", "--connections=2"]
    assert main([*BRIEF, *arguments, "--rows=3"]) == 0
    (figures,) = json.loads(capsys.readouterr().out)
    assert figures["answered"] > 0
    assert figures["failed"] == 0


def test_a_given_body_is_sent_as_it_is(serve, tmp_path, capsys):
    body = tmp_path / "body.json"
    body.write_text('{"instances": "none"}')
    assert main([*BRIEF, f"--url={serve().url}", f"--body_file={body}", "--connections=1"]) == 1
    (figures,) = json.loads(capsys.readouterr().out)
    assert set(figures["failures"]) == {"HTTP 400"}


def test_the_table_has_a_line_for_each_load(serve, capsys):
    arguments = ["--seconds=0.1", "--warmup=0", "--model_name=half", '--json={"inputs": [1.0]}']
    assert main([*arguments, f"--url={serve().url}", "--connections=1,2", "--rate=50,60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["offered/s", "50", "50", "60", "60"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate=0"], "argument --rate: expected positive numbers, received 0"),
        (["--rows=0"], "--rows and --bodies must be positive"),
        (["--path=/predict"], "--path needs --json or --body_file"),
        (["--body_file=a", "--json=b"], "not allowed with argument"),
    ],
)
def test_flags_that_make_no_sense_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model_name=absent"], "Servable not found for request: Latest(absent)"),
        (["--model_name=half", "--signature_name=absent"], "has no signature 'absent'"),
        (["--body_file=/absent"], "cannot read /absent: No such file or directory"),
    ],
)
def test_what_cannot_be_sent_is_told_in_one_line(serve, arguments, message, capsys):
    assert main([f"--url={serve().url}", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def info(dtype, *sizes, unknown_rank=False):
    dims = [{"size": str(size), "name": ""} for size in sizes]
    return {"dtype": dtype, "tensor_shape": {"dim": dims, "unknown_rank": unknown_rank}}


def test_random_inputs_have_the_shapes_of_the_metadata():
    inputs = {
        "free": info("DT_FLOAT", -1, -1, 3),
        "one": info("DT_INT32", 1),
        "fixed": info("DT_BOOL", 4, 2),
        "text": info("DT_STRING", -1),
        "any": info("DT_HALF", unknown_rank=True),
    }
    arrays = random_inputs(inputs, 5, np.random.default_rng(0))
    shapes = {name: array.shape for name, array in arrays.items()}
    assert shapes == {"free": (5, 1, 3), "one": (5,), "fixed": (4, 2), "text": (5,), "any": (5,)}
    assert arrays["one"].dtype == np.int32 and arrays["any"].dtype == np.float16
    with pytest.raises(errors.UnimplementedError, match="DT_COMPLEX64"):
        random_inputs({"c": info("DT_COMPLEX64", -1)}, 1, np.random.default_rng(0))


def test_scalars_go_in_columns_and_the_rest_in_rows():
    assert json.loads(rest_body({"x": np.float32(2)})) == {"inputs": {"x": 2}}
    two = {"a": np.int32([1, 2]), "b": np.array([b"x", b"y"], object)}
    assert json.loads(rest_body(two, "s")) == {
        "signature_name": "s",
        "instances": [{"a": 1, "b": {"b64": "eA=="}}, {"a": 2, "b": {"b64": "eQ=="}}],
    }
