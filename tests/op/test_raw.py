"""`raw`: ops by name, and what is loaded when."""

import subprocess
import sys

import pytest

import tidefall as tf
from tidefall.op import raw
from tidefall.op import registry as op_module
from tidefall.op.op import Op
from tidefall.op.registry import find_op, registered_names


def test_every_op_is_there_under_its_own_name():
    """Also one that is called as something that Python's modules use to import: Any."""
    for name in registered_names():
        found = getattr(raw, name)
        assert isinstance(found, Op) and found.name == name and found is find_op(name)
    assert dir(raw) == registered_names()


@pytest.mark.parametrize("name", ["Kumsum", "cumsum", "Any_", "BoostedTreesBucketize"])
def test_what_there_is_no_op_for_is_no_attribute(name):
    with pytest.raises(AttributeError, match=name):
        getattr(raw, name)


def test_a_call_is_the_ops():
    assert raw.Cumsum(tf.constant([1, 2, 3]), 0, reverse=True).numpy().tolist() == [6, 5, 3]


def test_nothing_is_imported_before_an_op_is_asked_how_it_runs():
    program = (
        "import sys, tidefall; from tidefall.op import raw; table = {raw.Cholesky: 1};"
        "module = 'tidefall.ops.linalg'; assert not any(m.startswith(module) for m in sys.modules);"
        "assert raw.Cholesky.host is not None and raw.Cholesky.module in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_op_that_is_not_there_has_no_facets():
    op = op_module.named_op("BoostedTreesBucketize")
    with pytest.raises(AttributeError, match="host"):
        _ = op.host
    with pytest.raises(tf.errors.UnimplementedError, match="BoostedTreesBucketize"):
        find_op("BoostedTreesBucketize")
