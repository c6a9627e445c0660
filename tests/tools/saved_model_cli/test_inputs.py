"""Inputs of `run`: files, expressions and Examples; nothing of them is executed."""

import os
import pickle

import numpy as np
import pytest

from tidefall.proto import Example
from tidefall.tools.saved_model_cli.array_files import load_array
from tidefall.tools.saved_model_cli.expressions import evaluate
from tidefall.tools.saved_model_cli.inputs import load_inputs, parse_inputs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        (" [1.5, -2, +3]", [1.5, -2, 3]),
        ("(1, 'a', b'c', None, True)", (1, "a", b"c", None, True)),
        ("{'a': [1], 'b': {1}}", {"a": [1], "b": {1}}),
        ("2 ** 10 - 1", 1023),
        ("[1, 2, 3][1:]", [2, 3]),
        ("np.ones((2, 3))", np.ones((2, 3))),
        ("np.zeros(4, dtype=np.int8)", np.zeros(4, np.int8)),
        ("np.arange(6).reshape(2, 3).T[1]", np.array([1, 4])),
        ("np.array([[1, 2]], 'float32') @ np.eye(2)", np.array([[1.0, 2.0]])),
        ("np.float16(1.5) * np.pi", np.float16(1.5) * np.pi),
        ("np.linspace(0, 1, num=3).astype(np.float32)", np.float32([0, 0.5, 1])),
        ("~np.array([True, False])", np.array([False, True])),
        ("np.full((1, 2), np.nan)[np.newaxis, ..., 0].shape", (1, 1)),
    ],
)
def test_expressions(text, value):
    found = evaluate(text)
    assert type(found) is type(value)
    np.testing.assert_array_equal(found, value)


def test_random_numbers_have_the_shape_asked_for():
    assert evaluate("np.random.rand(2, 3)").shape == (2, 3)
    assert evaluate("np.random.randint(0, 5, size=(4,))").shape == (4,)


@pytest.mark.parametrize(
    "text",
    [
        "open('x')",
        "__import__('os').system('true')",
        "np.load('x.npy', allow_pickle=True)",
        "np.fromfile('/etc/passwd')",
        "np.memmap('x')",
        "np.lib.npyio",
        "np.__builtins__",
        "np.ones.__globals__",
        "np.ones(2).tofile('x')",
        "np.ones(2).dump('x')",
        "np.ones(2).__class__",
        "np.random.bit_generator",
        "().__class__.__bases__",
        "'a'.format(1)",
        "f'{1}'",
        "[x for x in (1,)]",
        "(lambda: 1)()",
        "np.ones(*[2])",
        "np.ones(**{'shape': 2})",
        "9 ** 9 ** 9",
        "'a' * 10 ** 12",
        "x",
        "1 if True else 2",
        "(a := 1)",
        "1; 2",
        "",
        "[" * 300 + "]" * 300,
        "-" * 500 + "1",
        "1 / 0",
        "[1][5]",
        "np.ones('a')",
    ],
)
def test_expressions_that_are_refused(text):
    with pytest.raises(RuntimeError, match="is not a valid python literal"):
        evaluate(text)


def test_where_files_are_and_what_they_are_called():
    assert parse_inputs("a=x.npy;b=/y/z.npz[k]") == {"a": ("x.npy", None), "b": ("/y/z.npz", "k")}
    assert parse_inputs("") == {}
    for wrong in ("a", "a=", "=b", "a=b[", "a=b[]"):
        with pytest.raises(RuntimeError, match="format is incorrect"):
            parse_inputs(wrong)


@pytest.fixture
def files(tmp_path):
    """Arrays in files of every kind."""
    array = np.float32([[1, 2]])
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "one.npz", only=array)
    np.savez(tmp_path / "two.npz", x=array, y=array * 2)
    texts = np.array([b"a", "b"], object)
    found = {"x": array * 3, "f": np.asfortranarray([[1, 2], [3, 4]]), "s": np.int64(7), "t": texts}
    for protocol in range(2, 6):
        (tmp_path / f"dict{protocol}.pkl").write_bytes(pickle.dumps(found, protocol))
    (tmp_path / "array.pkl").write_bytes(pickle.dumps(array))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("a.npy", None, [[1, 2]]),
        ("a.npy", "ignored", [[1, 2]]),
        ("one.npz", None, [[1, 2]]),
        ("two.npz", "y", [[2, 4]]),
        ("array.pkl", None, [[1, 2]]),
        *[(f"dict{protocol}.pkl", "x", [[3, 6]]) for protocol in range(2, 6)],
        *[(f"dict{protocol}.pkl", "f", [[1, 2], [3, 4]]) for protocol in range(2, 6)],
        *[(f"dict{protocol}.pkl", "s", 7) for protocol in range(2, 6)],
        ("dict4.pkl", "t", [b"a", "b"]),
    ],
)
def test_arrays_of_files(files, name, key, value):
    found = load_array(str(files / name), key)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == value


class _Attack:
    def __reduce__(self):
        return os.mkdir, ("attacked",)


def test_nothing_of_a_pickle_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("object.npy", np.array([_Attack()], object), allow_pickle=True)
    np.savez("object.npz", x=np.array([_Attack()], object))
    (tmp_path / "object.pkl").write_bytes(pickle.dumps({"x": _Attack()}))
    records = np.zeros(2, [("a", "i4"), ("b", "O")])
    (tmp_path / "records.pkl").write_bytes(pickle.dumps(records))
    for name in ("object.npy", "object.npz"):
        with pytest.raises(RuntimeError, match="in pickled form, which are not loaded"):
            load_array(name, None)
    with pytest.raises(RuntimeError, match=r"it asks for \w+.mkdir; only arrays"):
        load_array("object.pkl", "x")
    with pytest.raises(RuntimeError, match="it holds an array of records"):
        load_array("records.pkl", None)
    assert not os.path.exists("attacked")


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01", b"PK\x03\x04", b"\x80\x04."])
def test_files_of_another_kind(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RuntimeError, match="cannot be read"):
        load_array(str(tmp_path / "x"), None)


def test_several_arrays_to_choose_from(files):
    with pytest.raises(RuntimeError, match="contains more than one ndarrays"):
        load_array(str(files / "two.npz"), None)
    for name in ("two.npz", "dict2.pkl"):
        with pytest.raises(RuntimeError, match='does not contain variable with name "z"'):
            load_array(str(files / name), "z")


def test_examples_and_which_flag_wins(files, caplog):
    found = load_inputs(
        f"a={files / 'a.npy'};b={files / 'a.npy'}",
        "b=[1, 2];c=np.ones(2)",
        'c=[{"x": [1.0, 2.5], "n": [3], "s": ["é", "b"], "r": [b"z"], "none": []}]',
    )
    assert found["b"] == [1, 2]
    assert "Value in --input_exprs will be used" in caplog.text
    assert "Value in --input_examples will be used" in caplog.text
    features = Example.FromString(found["c"][0]).features.feature
    assert list(features["x"].float_list.value) == [1.0, 2.5]
    assert list(features["n"].int64_list.value) == [3]
    assert list(features["s"].bytes_list.value) == ["é".encode(), b"b"]
    assert list(features["r"].bytes_list.value) == [b"z"]
    assert features["none"].WhichOneof("kind") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x={'a': [1]}", "must be a list of dictionaries"),
        ("x=[[1]]", "must be a dictionary"),
        ("x=[{'a': 1}]", "feature value must be a list"),
        ("x=[{'a': [None]}]", "is not supported for tf.train.Feature"),
        ("x=np.ones(1)", "is not a valid python literal"),
        ("x", "format is incorrect"),
    ],
)
def test_examples_of_another_form(text, message):
    with pytest.raises((RuntimeError, ValueError), match=message):
        load_inputs("", "", text)
