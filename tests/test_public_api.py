"""Public names and signatures are TensorFlow's."""

from __future__ import annotations

import inspect
import json
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tidefall as tf
from tidefall._index import EXPORTS
from tidefall.tools.coverage import report, usage
from tidefall.tools.coverage.names import Name, inspect_names, look_up, recorded
from tidefall.tools.coverage.signatures import methods, parameters

# Corners of TensorFlow's API whose names are not recorded.
UNRECORDED = ("__internal__.", "compat.v1.", "raw_ops")


NAMES = sorted(name for name in EXPORTS if not name.startswith(UNRECORDED))
FUNCTIONS = [n for n in NAMES if recorded().get(n, {}).get("kind") == "function"]
CLASSES = [n for n in NAMES if recorded().get(n, {}).get("kind") == "class"]


@pytest.mark.parametrize("name", NAMES)
def test_is_a_public_name_of_tensorflow(name: str) -> None:
    assert (name not in recorded()) == (name in {gap["name"] for gap in _gaps()["own"]})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_the_right_parameters(name: str) -> None:
    wanted = recorded()[name]["params"]
    function = look_up(name)
    assert callable(function)
    if wanted is not None:
        assert (parameters(function) != wanted) == (name in _differing_signatures()), (
            f"{parameters(function)}, TensorFlow's are {wanted}"
        )


@pytest.mark.parametrize("name", CLASSES)
def test_methods_have_the_right_parameters(name: str) -> None:
    cls = look_up(name)
    assert inspect.isclass(cls)
    ours, theirs = methods(cls), recorded()[name]["methods"]
    for method in ours.keys() & theirs.keys():
        wanted = theirs[method]
        if wanted[-1:] == ["**kwargs"]:  # TensorFlow does not say
            continue
        assert (ours[method] != wanted) == (f"{name}.{method}" in _differing_signatures()), (
            f"{method} has {ours[method]}, TensorFlow's {wanted}"
        )


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_the_right_methods(name: str) -> None:
    cls = look_up(name)
    missing = {m for m in recorded()[name]["methods"] if not hasattr(cls, m)}
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


def test_the_readme_promises_no_more_than_there_is() -> None:
    """And so no total ever falls without somebody saying so in the README."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    promised = report.numbers(report.between_markers(readme))
    found = report.numbers(report.markdown(inspect_names()))
    assert promised.keys() == found.keys()
    assert len(promised) > 20
    for label, counts in promised.items():
        assert all(p <= f for p, f in zip(counts, found[label], strict=True)), (
            f"{label}: README says {counts}, there are {found[label]}"
        )


# Namespaces whose examples are still to be written.
WITHOUT_EXAMPLES = ("config", "data", "distribute", "profiler", "saved_model", "summary", "train")


def test_public_names_have_examples() -> None:
    """That they run is checked in test_docs.py."""
    lacking = [name.path for name in inspect_names() if name.present and not name.example]
    assert [path for path in lacking if path.split(".")[0] not in WITHOUT_EXAMPLES] == []


def test_the_table_counts_each_name_once() -> None:
    *lines, total = report.rows(inspect_names())
    assert total.total == len(recorded()) == sum(row.total for row in lines)
    assert total.counts == tuple(map(sum, zip(*(row.counts for row in lines), strict=True)))


def test_names_used_by_a_record_include_those_of_its_helpers() -> None:
    make, product = partial(_offset, by=_one), lambda tf, x: tf.matmul(make(tf, x), x)
    used = usage.names_used(product, folder=str(Path(__file__).parent))
    assert {"matmul", "math.add", "nest.flatten", "ones"} <= used
    assert "zeros" not in used


def _one(tf: Any) -> Any:
    return tf.ones([])


def _offset(tf: Any, x: Any, by: Any) -> Any:
    nest = tf.nest
    return tf.math.add(x, by(tf)) + len(nest.flatten(x))


def _unused(tf: Any) -> Any:
    return tf.zeros([])


def test_missing_names_are_listed() -> None:
    names = [Name("math.here", present=True, same_signature=True, verified=True), Name("math.add")]
    assert report.missing(names, "math") == [Name("math.add")]
    assert report.missing(names, "nn") == []
