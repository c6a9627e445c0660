"""Every op record on Tidefall, eagerly, traced and compiled, against what TensorFlow gave."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

import tidefall as tf
import tidefall.control_flow.replicated_call  # an op that no public name leads to
from tests.oracle import recording, replay
from tests.oracle.program import MissingNameError, evaluate, feed, split
from tests.oracle.spec import Case
from tidefall.op.registry import registered_ops

FAMILIES = recording.families()
# The checks of a record share its traced function, and records of a family are compiled together.
pytestmark = pytest.mark.unit("family")
# Their loops take XLA a third of the time of all records: one record in four, always the same.
SLOW_TO_COMPILE = {"linalg", "linalg_factors", "linalg_spectra"}


def _parameters(check: str, executor: str | None, raises: bool = False) -> list[Any]:
    """One parameter set for each record that a check applies to."""
    found = []
    for family in FAMILIES:
        for ident, record in recording.records(family).items():
            if record.raises != raises or (executor and executor not in record.executors):
                continue
            reason = replay.gap_reason(check, family, ident)
            marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
            if check == "xla" and family in SLOW_TO_COMPILE and not recording.in_sample(ident, 4):
                marks.append(pytest.mark.slow)
            found.append(pytest.param(family, record, marks=marks, id=f"{family}:{ident}"))
    return found


def _stored(family: str, record: Case) -> dict[str, Any]:
    stored = recording.load(family)["cases"].get(record.id)
    if stored is None:
        pytest.fail(f"not recorded: run `make oracle ARGS={family}`", pytrace=False)
    assert ("grads" in stored) == bool(record.grad), "record it again: grad= has changed"
    assert ("grads2" in stored) == record.grad2, "record it again: grad2= has changed"
    return stored


@pytest.mark.parametrize("family, record", _parameters("eager", "eager"))
def test_eager(family: str, record: Case) -> None:
    stored = _stored(family, record)
    result, variables = replay.run_eagerly(record, stored)
    replay.compare(record, stored, result)
    replay.compare_tensors(record, "variable", stored.get("variables", []), _read(variables))


@pytest.mark.parametrize("family, record", _parameters("host", "host"))
def test_function_on_the_host(family: str, record: Case) -> None:
    stored = _stored(family, record)
    if stored["static"] is None:
        pytest.skip("TensorFlow cannot trace this call")
    traced = replay.traced(family, record.id, False)
    replay.compare(record, stored, traced())
    replay.compare_tensors(record, "variable", stored.get("variables", []), _read(traced.variables))


@pytest.mark.parametrize("family, record", _parameters("dynamic", "host"))
def test_function_of_any_shape(family: str, record: Case) -> None:
    """The same traced with all dimensions unknown."""
    stored = _stored(family, record)
    if stored["relaxed"] is None:
        pytest.skip("TensorFlow needs static shapes to trace this call")
    traced = replay.traced(family, record.id, True)
    replay.compare(record, stored, traced())


@pytest.mark.parametrize("family, record", _parameters("shapes", "host"))
def test_inferred_shapes(family: str, record: Case) -> None:
    stored = _stored(family, record)
    for key in ("static", "relaxed"):
        if stored[key] is not None:
            shapes = replay.traced(family, record.id, key == "relaxed").shapes
            replay.compare_shapes(record, stored[key], shapes)


@pytest.fixture(scope="session")
def compiled(request: pytest.FixtureRequest) -> replay.Compiled:
    wanted = [
        (item.callspec.params["family"], item.callspec.params["record"].id)
        for item in request.session.items
        if getattr(item, "function", None) is test_compiled
        and not any(mark.name == "xfail" for mark in item.own_markers)
    ]
    return replay.Compiled(wanted)


@pytest.mark.compiles
@pytest.mark.parametrize("family, record", _parameters("xla", "xla"))
def test_compiled(family: str, record: Case, compiled: replay.Compiled) -> None:
    stored = _stored(family, record)
    if stored["static"] is None:
        pytest.skip("TensorFlow cannot trace this call")
    if replay.gap_reason("xla", family, record.id):
        compiled = replay.Compiled([(family, record.id)])
    try:
        result, variables = compiled.result(family, record.id)
    except replay.NoLoweringError as error:
        if stored["xla"]:
            pytest.fail(f"no XLA lowering, although TensorFlow has one: {error}", pytrace=False)
        pytest.skip("neither TensorFlow nor Tidefall compiles this")
    replay.compare(record, stored, result)
    replay.compare_tensors(record, "variable", stored.get("variables", []), variables)


@pytest.mark.parametrize("family, record", _parameters("eager", "eager", raises=True))
def test_error(family: str, record: Case) -> None:
    stored = _stored(family, record)
    with pytest.raises(Exception) as info:
        evaluate(tf, record, feed(tf, record))
    _check_error(record, info.value, stored["error"])


@pytest.mark.parametrize("family, record", _parameters("host", "host", raises=True))
def test_error_in_a_function(family: str, record: Case) -> None:
    stored = _stored(family, record)
    fed = feed(tf, record)
    paths, variables = split(record, fed)

    def traced(*tensors: Any) -> Any:
        given = {**variables, **dict(zip(paths, tensors, strict=True))}
        return evaluate(tf, record, given).outputs

    with pytest.raises(Exception) as info:
        tf.function(traced, autograph=False)(*[fed[p] for p in paths])
    _check_error(record, info.value, stored["graph_error"])


def _check_error(record: Case, error: Exception, expected: str) -> None:
    if isinstance(error, MissingNameError):
        raise error
    name = type(error).__name__
    assert name == expected, f"raises {name} ({error}), TensorFlow {expected}"
    if record.match is not None:
        assert re.search(record.match, str(error)), f"{error} does not say {record.match!r}"


def _read(variables: dict[Any, Any]) -> list[Any]:
    return [tf.convert_to_tensor(v) for v in variables.values()]


def test_every_op_has_a_record() -> None:
    """Each op is in the graph of some record, or known to be tested elsewhere."""
    declared = {name: op for name, op in registered_ops().items() if not op.definition.library}
    excused = {
        op.name
        for op in declared.values()
        for gap in replay.gaps("ops")
        if replay.matches(gap["ops"], op.name) and replay.matches(gap["module"], op.module)
    }
    missing = declared.keys() - excused
    for relaxed, family in itertools.product((False, True), FAMILIES):
        for ident, record in recording.records(family).items():
            if not missing:
                return
            if not record.raises and not replay.gap_reason("host", family, ident):
                missing -= replay.ops_of(family, ident, relaxed)
    assert not missing, f"no record leads to these ops: {sorted(missing)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_recordings_match_the_records(family: str) -> None:
    """No recording is left over from a record that is gone."""
    left = set(recording.load(family)["cases"]) - set(recording.records(family))
    assert not left, f"run `make oracle ARGS={family}`"


def test_every_recording_has_its_family() -> None:
    stored = {p.name.removesuffix(".json.gz") for p in recording.RECORDED.glob("*.json.gz")}
    assert stored == set(FAMILIES)


def test_every_gap_is_about_some_record() -> None:
    for gap in replay.gaps():
        assert set(gap["checks"]) <= {"eager", "host", "dynamic", "shapes", "xla"}, gap
        known = recording.records(gap["family"])
        assert any(replay.matches(gap["case"], ident) for ident in known), gap
    for gap in replay.gaps("ops"):
        assert any(
            replay.matches(gap["ops"], op.name) and replay.matches(gap["module"], op.module)
            for op in registered_ops().values()
        ), gap
