"""Names inside TensorFlow that packages import: found in a table, and made where none is public."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

import tidefall as tf
from tidefall import surface
from tidefall.compat.tensorflow.inner.monitoring import BoolGauge, Counter
from tidefall.compat.tensorflow.inner.util import decorators, inspection, nest
from tidefall.compat.tensorflow.inner.util.object_identity import (
    ObjectIdentityDictionary,
    ObjectIdentitySet,
    ObjectIdentityWeakSet,
)
from tidefall.compat.tensorflow.private import PRIVATE, private_member

TARGETS = [
    (module, name, target) for module, names in PRIVATE.items() for name, target in names.items()
]


@pytest.mark.parametrize(("module", "name", "target"), TARGETS)
def test_every_entry_leads_somewhere(module: str, name: str, target: str) -> None:
    if target.startswith("tf:"):
        places = target.replace("tf:", "").split()
        assert name == "*" or all(surface.is_public(place) for place in places)
    else:
        owner, _, attribute = target.partition(":")
        found = importlib.import_module(owner)
        assert not attribute or hasattr(found, attribute)


@pytest.mark.parametrize(
    ("module", "name", "public"),
    [
        ("python.ops.math_ops", "reduce_sum", "reduce_sum"),
        ("python.ops.variable_scope", "get_variable", "compat.v1.get_variable"),
        ("python.ops.array_ops", "where_v2", "where"),
        (
            "python.ops.linalg.linear_operator_diag",
            "LinearOperatorDiag",
            "linalg.LinearOperatorDiag",
        ),
        ("python.framework.errors_impl", "INVALID_ARGUMENT", "errors.INVALID_ARGUMENT"),
        ("python.data.ops.dataset_ops", "AUTOTUNE", "data.AUTOTUNE"),
        ("python.training.adam", "AdamOptimizer", "compat.v1.train.AdamOptimizer"),
        ("python.saved_model.signature_constants", "PREDICT_INPUTS", "saved_model.PREDICT_INPUTS"),
    ],
)
def test_what_has_a_public_name_is_the_public_object(module: str, name: str, public: str) -> None:
    expected = surface.resolve(*public.rpartition(".")[::2])
    found = private_member(module, name)
    assert found is expected or found == expected


def test_a_name_that_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match=r"python\.ops\.math_ops' has no attribute 'nothing'"):
        private_member("python.ops.math_ops", "nothing")


def test_generated_functions_are_the_ops() -> None:
    add = private_member("python.ops.gen_math_ops", "add_v2")
    assert add(tf.constant(1), tf.constant(2)).numpy() == 3
    assert private_member("python.ops.gen_nn_ops", "Relu") is not None


def test_absent_parts_can_be_imported_and_say_what_they_are_when_used() -> None:
    base = private_member("python.autograph.pyct.transformer", "Base")

    class Converter(base):
        """A subclass, as packages declare when they are imported."""

    with pytest.raises(tf.errors.UnimplementedError, match="no counterpart"):
        Converter()
    with pytest.raises(tf.errors.UnimplementedError, match=r"Basic\.QN"):
        private_member("python.autograph.pyct.anno", "Basic").QN()


@pytest.mark.process
def test_messages_have_the_modules_that_protoc_makes(run_python):
    run_python(
        """
from tidefall.compat import tensorflow as alias
alias.enable()
from google.protobuf import descriptor_pool
from tensorflow.core.framework import graph_pb2, tensor_shape_pb2, types_pb2
from tensorflow.core.protobuf.config_pb2 import ConfigProto
import tensorflow as tf
assert graph_pb2.GraphDef is tf.compat.v1.GraphDef and ConfigProto is tf.compat.v1.ConfigProto
assert types_pb2.DT_FLOAT == 1 and types_pb2.DataType.Name(3) == "DT_INT32"
name = "tensorflow/core/framework/tensor_shape.proto"
assert descriptor_pool.Default().FindFileByName(name).name == name
"""
    )


@pytest.mark.process
def test_functions_look_to_inspect_as_tensorflows_do(run_python):
    run_python(
        """
from tidefall.compat import tensorflow as alias
alias.enable()
import inspect
import tensorflow as tf
spec = inspect.getfullargspec(tf.rank)
assert spec.args == ["input", "name"] and spec.defaults == (None,) and not spec.annotations, spec
spec = inspect.getfullargspec(tf.math.add_n)
assert spec.args == ["inputs", "name"] and spec.varargs is None, spec
"""
    )


@pytest.mark.process
def test_foreign_values_take_over_the_ops_that_they_meet(run_python):
    run_python(
        """
from tidefall.compat import tensorflow as alias
alias.enable()
import tensorflow as tf
dispatch = tf.__internal__.dispatch

class Symbol:
    def __init__(self, text):
        self.text = text

class Recorder(dispatch.GlobalOpDispatcher):
    def handle(self, op, args, kwargs):
        if any(isinstance(value, Symbol) for value in args):
            return Symbol(f"{op.__name__}({', '.join(str(getattr(a, 'text', a)) for a in args)})")
        return self.NOT_SUPPORTED

Recorder().register()
assert tf.nn.relu(Symbol("x")).text.startswith("relu(x")
assert tf.Tensor.__getitem__(Symbol("x"), 0).text == "getitem(x, 0)"
assert tf.abs(-1).numpy() == 1
try:
    tf.exp(object())
except (TypeError, ValueError):
    pass
else:
    raise AssertionError
"""
    )


@pytest.mark.process
def test_keras_2_is_asked_for_by_an_environment_variable(run_python):
    run_python(
        """
import importlib.util, os
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import tidefall as tf
if importlib.util.find_spec("tf_keras") is None:
    try:
        tf.keras
    except ImportError as error:
        assert "tf_keras" in str(error) and "TF_USE_LEGACY_KERAS" in str(error)
    else:
        raise AssertionError
else:
    assert tf.keras.__name__ == "tf_keras"
"""
    )


@pytest.mark.parametrize(
    ("structure", "traverse", "expected"),
    [
        ([1, {"a": 2}], lambda s: True, [True, {"a": True}]),
        ([1, {"a": 2}], lambda s: not isinstance(s, dict), [True, False]),
        ([1, (2, 3)], lambda s: [True, False] if isinstance(s, list) else True, [True, False]),
        (5, lambda s: False, False),
    ],
)
def test_the_shallow_structure_ends_where_the_function_says(structure, traverse, expected) -> None:
    assert nest.get_traverse_shallow_structure(traverse, structure) == expected


def test_dictionaries_of_structures_are_flattened() -> None:
    assert nest.flatten_dict_items({(1, 2): ("a", "b"), 3: "c"}) == {1: "a", 2: "b", 3: "c"}
    with pytest.raises(ValueError, match="not unique"):
        nest.flatten_dict_items({(1, 2): (3, 4), 1: 5})


def test_decorators_are_seen_through() -> None:
    def target(a, b=1, *, c=2):
        return a + b + c

    def wrapper(*args, **kwargs):
        return target(*args, **kwargs)

    made = decorators.make_decorator(target, wrapper)
    assert made(1) == 4 and inspection.getfullargspec(made).args == ["a", "b"]
    assert decorators.unwrap(made)[1] is target
    assert inspection.getcallargs(made, 5) == {"a": 5, "b": 1, "c": 2}
    with pytest.raises(ValueError, match="both 'old' and 'new'"):
        decorators.deprecated_argument_lookup("new", 1, "old", 2)


def test_exported_names_are_remembered() -> None:
    @decorators.keras_export("keras.layers.Thing", v1=["keras.layers.OldThing"])
    class Thing:
        """Something."""

    name = decorators.get_canonical_name_for_symbol(Thing, api_name="keras")
    assert name == "keras.layers.Thing"
    assert decorators.get_canonical_name_for_symbol(Thing) is None
    assert decorators.get_canonical_name_for_symbol(3) is None


def test_collections_by_identity() -> None:
    one, other = [1], [1]
    found = ObjectIdentitySet([one, other, one])
    assert len(found) == 2 and one in found and [1] not in found
    assert len(found.difference([one])) == 1 and len(found.intersection([one, [1]])) == 1
    mapping = ObjectIdentityDictionary()
    mapping[one], mapping[other] = "a", "b"
    del mapping[one]
    assert list(mapping.values()) == ["b"]
    with pytest.raises(KeyError):
        mapping[one]

    class Thing:
        """Something that can be referred to weakly."""

    thing, weak = Thing(), ObjectIdentityWeakSet()
    weak.add(thing)
    assert thing in weak
    del thing
    assert len(weak) == 0


def test_metrics_of_the_process() -> None:
    counter = Counter("/test/counter", "calls", "who")
    counter.get_cell("a").increase_by(2)
    counter.get_cell("a").increase_by(1)
    assert counter.get_cell("a").value() == 3 and counter.get_cell("b").value() == 0
    with pytest.raises(ValueError, match="labels"):
        counter.get_cell()
    gauge = BoolGauge("/test/gauge", "on")
    gauge.get_cell().set(True)
    assert gauge.get_cell().value() is True


def test_a_branch_may_return_an_operation() -> None:
    v = tf.Variable(0.0)

    @tf.function
    def add(when):
        return tf.cond(when, lambda: tf.group(v.assign_add(1.0)), tf.no_op)

    add(tf.constant(True))
    add(tf.constant(False))
    assert v.numpy() == 1.0


def test_a_checkpoint_of_an_object_that_keeps_it_does_not_keep_the_object() -> None:
    import gc
    import weakref

    module = tf.Module()
    module.v = tf.Variable(1.0)
    module.checkpoint = tf.train.Checkpoint(root=weakref.ref(module))
    assert "v" in module.checkpoint._target._trackable_children()
    gone = weakref.ref(module)
    del module
    gc.collect()
    assert gone() is None


def test_values_that_are_no_tensors_are_their_own_static_values() -> None:
    assert tf.get_static_value(False) is False and tf.get_static_value([1, 2]) == [1, 2]
    assert tf.get_static_value(None) is None and tf.get_static_value(tf.Variable(2.0)) is None


def test_attributes_without_dependency_keep_their_class() -> None:
    module = tf.Module()
    module.kept = module._no_dependency([1, 2])
    assert type(module.kept) is list and "kept" not in module._trackable_children()


@pytest.mark.parametrize(
    ("module", "name", "arguments", "expected"),
    (
        ("math", "mat_mul", ([[1, 2]], [[3, 4]], False, True), [[11]]),
        ("array", "strided_slice", ([1, 2, 3, 4], [1], [9], [2], 0, 1), [2, 4]),
        ("math", "_sum", ([[1, 2]], 1, True), [[3]]),
        ("nn", "softmax", ([0.0, 0.0],), [0.5, 0.5]),
    ),
)
def test_generated_functions_take_positions(
    module: str, name: str, arguments: tuple[Any, ...], expected: list[Any]
) -> None:
    function: Any = private_member(f"python.ops.gen_{module}_ops", name)
    assert function(*arguments).numpy().tolist() == expected


def test_a_generated_function_refuses_what_is_too_much() -> None:
    with pytest.raises(TypeError, match="at most 2 arguments"):
        private_member("python.ops.gen_nn_ops", "relu")(1.0, None, 3)
    with pytest.raises(TypeError, match="several values for argument 'features'"):
        private_member("python.ops.gen_nn_ops", "relu")(1.0, features=2.0)
