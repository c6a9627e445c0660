"""Public names and signatures are TensorFlow's."""

from __future__ import annotations

import gzip
import inspect
import json
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tidefall as tf
from tests.oracle.signatures import methods, parameters
from tidefall._index import EXPORTS, OPS
from tidefall.core.op_table import op_names
from tidefall.surface import resolve

# Corners of TensorFlow's API whose names are not recorded.
UNRECORDED = ("__internal__.", "compat.v1.", "raw_ops")


@cache
def _recorded() -> dict[str, Any]:
    path = Path(__file__).parent / "oracle" / "api.json.gz"
    return json.loads(gzip.decompress(path.read_bytes()))["names"]


def _object(name: str) -> Any:
    path, _, last = name.rpartition(".")
    return resolve(path, last)


NAMES = sorted(name for name in EXPORTS if not name.startswith(UNRECORDED))
FUNCTIONS = [n for n in NAMES if _recorded().get(n, {}).get("kind") == "function"]
CLASSES = [n for n in NAMES if _recorded().get(n, {}).get("kind") == "class"]


@pytest.mark.parametrize("name", NAMES)
def test_is_a_public_name_of_tensorflow(name: str) -> None:
    assert (name not in _recorded()) == (name in {gap["name"] for gap in _gaps()["own"]})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_the_right_parameters(name: str) -> None:
    wanted = _recorded()[name]["params"]
    function = _object(name)
    assert callable(function)
    if wanted is not None:
        assert (parameters(function) != wanted) == (name in _differing_signatures()), (
            f"{parameters(function)}, TensorFlow's are {wanted}"
        )


@pytest.mark.parametrize("name", CLASSES)
def test_methods_have_the_right_parameters(name: str) -> None:
    cls = _object(name)
    assert inspect.isclass(cls)
    ours, recorded = methods(cls), _recorded()[name]["methods"]
    for method in ours.keys() & recorded.keys():
        wanted = recorded[method]
        if wanted[-1:] == ["**kwargs"]:  # TensorFlow does not say
            continue
        assert (ours[method] != wanted) == (f"{name}.{method}" in _differing_signatures()), (
            f"{method} has {ours[method]}, TensorFlow's {wanted}"
        )


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_the_right_methods(name: str) -> None:
    cls = _object(name)
    missing = {m for m in _recorded()[name]["methods"] if not hasattr(cls, m)}
    assert missing == _missing_methods(name)


@cache
def _gaps() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "oracle" / "gaps.json").read_text())


@cache
def _differing_signatures() -> frozenset[str]:
    """Functions and methods whose signature is known to differ, each with its reason."""
    return frozenset(gap["name"] for gap in _gaps()["signatures"])


def _missing_methods(name: str) -> set[str]:
    found = [gap["methods"] for gap in _gaps()["methods"] if name in gap["classes"]]
    return {method for methods_ in found for method in methods_}


def test_namespaces_list_their_members() -> None:
    assert isinstance(tf.math, ModuleType)
    assert {"add", "reduce_sum"} <= set(dir(tf.math))
    assert "math" in dir(tf)


def _counted(namespaces: list[str]) -> tuple[int, int]:
    """How many of TensorFlow's public names in some namespaces there are, and how many of all."""

    def inside(name: str) -> bool:
        return any(name.startswith(f"{n}.") if n else "." not in name for n in namespaces)

    names = {name for name in _recorded() if inside(name)}
    return len(names & EXPORTS.keys()), len(names)


ROW = re.compile(r"^\| (`tf[^|]*)\| (\d+) of (\d+) \|", re.MULTILINE)
TOTALS = re.compile(r"(\d+) of TensorFlow's (\d+) ops and (\d+) of its (\d+) public names")


def test_the_readme_promises_no_more_names_than_there_are() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    rows = ROW.findall(readme)
    assert len(rows) > 10
    for label, promised, of in rows:
        namespaces = [n[len("tf") :].lstrip(".") for n in re.findall(r"`(tf[\w.]*)`", label)]
        ours, total = _counted(namespaces)
        assert int(promised) <= ours, f"{label}: {ours} of {total}"
        assert int(of) == total, label
    ops, all_ops, names, all_names = map(int, TOTALS.search(readme).groups())  # type: ignore[union-attr]
    assert ops <= len(OPS)
    assert names <= len(_recorded().keys() & EXPORTS.keys())
    assert (all_ops, all_names) == (len(op_names()), len(_recorded()))
