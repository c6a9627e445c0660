"""`tf.Module`, against what TensorFlow 2.21 finds and in which order."""

import collections
import copy

import pytest

import tidefall as tf
from tidefall.base.state import name_scope, state
from tidefall.composite.module import Module, camel_to_snake
from tidefall.composite.trackable.trackable import Trackable


class Variable(Trackable):
    """What the module takes for a variable."""

    _is_variable = True

    def __init__(self, name, trainable=True):
        self.name = f"{state.name_scope}/{name}" if state.name_scope else name
        self.trainable = trainable


def is_variable(value):
    return isinstance(value, Variable)


def names(variables):
    return [variable.name for variable in variables]


class Sub(Module):
    def __init__(self, prefix, **kwargs):
        super().__init__(**kwargs)
        self.z = Variable(prefix + "z")
        self.a = Variable(prefix + "a", trainable=False)


class HTTPServer2D(Module):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.zz = Variable("zz")
        self.sub = Sub("s1")
        self.b = [Variable("b0"), (Variable("b1"), Sub("s2"))]
        self.a = {"k": Variable("ak"), "c": Sub("s3")}
        self.dup = self.zz
        with self.name_scope:
            self.ns = Variable("ns")

    @Module.with_name_scope
    def create(self):
        return Variable("inf").name


def test_variables_and_submodules_are_ordered_by_attribute():
    module = HTTPServer2D()
    assert names(module.variables) == (
        ["ak", "b0", "b1", "zz", "http_server2_d/ns", "s3a", "s3z", "s2a", "s2z", "s1a", "s1z"]
    )
    assert names(module.trainable_variables) == (
        ["ak", "b0", "b1", "zz", "http_server2_d/ns", "s3z", "s2z", "s1z"]
    )
    assert names(module.non_trainable_variables) == ["s3a", "s2a", "s1a"]
    assert [sub.z.name for sub in module.submodules] == ["s3z", "s2z", "s1z"]


def test_flatten():
    module = HTTPServer2D()
    assert [path for path, _ in module._flatten(predicate=is_variable, with_path=True)] == [
        ("a", "k"),
        ("b", 0),
        ("b", 1, 0),
        ("dup",),
        ("ns",),
        ("zz",),
        ("a", "c", "a"),
        ("a", "c", "z"),
        ("b", 1, 1, "a"),
        ("b", 1, 1, "z"),
        ("sub", "a"),
        ("sub", "z"),
    ]
    assert names(module._flatten(recursive=False, predicate=is_variable)) == (
        ["ak", "b0", "b1", "zz", "http_server2_d/ns"]
    )
    backwards = module._flatten(
        predicate=is_variable, attribute_traversal_key=lambda name: -ord(name[0])
    )
    assert names(backwards) == [
        "zz",
        "http_server2_d/ns",
        "b0",
        "b1",
        "ak",
        "s1z",
        "s1a",
        "s2z",
        "s2a",
        "s3z",
        "s3a",
    ]


def test_modules_that_contain_themselves():
    a = Module()
    a.s = Module()
    a.s.up = a
    a.s.v = Variable("v")
    a.t = a.s
    a.self = a
    assert names(a.variables) == ["v"]
    assert a.submodules == (a.s,)
    assert [path for path, _ in a._flatten(predicate=is_variable, with_path=True)] == [
        ("s", "v"),
        ("t", "v"),
    ]
    found = a._flatten(predicate=lambda leaf: isinstance(leaf, Module), with_path=True)
    assert ["/".join(path) for path, _ in found] == (
        [
            "s",
            "self",
            "t",
            "s/up",
            "s/up/s",
            "s/up/self",
            "s/up/t",
            "self/s",
            "self/self",
            "self/t",
            "t/up",
            "t/up/s",
            "t/up/self",
            "t/up/t",
        ]
    )


@pytest.mark.parametrize(
    ("structure", "found"),
    [
        (lambda: {2: Variable("i"), 1: Variable("j")}, ["j", "i"]),
        (lambda: {(1, 2): Variable("i")}, ["i"]),
        (lambda: collections.OrderedDict(z=Variable("z"), a=Variable("a")), ["a", "z"]),
        (lambda: {Variable("i")}, []),
        (lambda: (Variable("i"), [Variable("j")]), ["i", "j"]),
    ],
)
def test_containers(structure, found):
    module = Module()
    module.held = structure()
    assert names(module.variables) == found


@pytest.mark.parametrize("keys", [("a", 1), ("a", object())])
def test_unsortable_keys(keys):
    module = Module()
    module.d = dict.fromkeys(keys, 1)
    with pytest.raises(ValueError, match=r"Error processing property 'd' of DictWrapper\("):
        module.variables  # noqa: B018 - the property raises


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        ("ABCDef", "abc_def"),
        ("MyModule", "my_module"),
        ("Conv2D", "conv2_d"),
        ("Conv2DTranspose", "conv2_d_transpose"),
        ("LSTMCell", "lstm_cell"),
        ("_Priv", "__priv"),
        ("lower", "lower"),
        ("A1B", "a1_b"),
        ("HTTPServer", "http_server"),
        ("MLP2", "mlp2"),
        ("XYZabcDEF", "xy_zabc_def"),
        ("__Dunder", "___dunder"),
        ("Snake_Case", "snake__case"),
    ],
)
def test_default_names(cls, name):
    assert type(cls, (Module,), {})().name == name == camel_to_snake(cls)


@pytest.mark.parametrize("name", ["1abc", "a b", "a/b", "", "a.b"])
def test_names_must_be_identifiers(name):
    with pytest.raises(ValueError, match=r"is not a valid module name. Module names must be valid"):
        Module(name=name)


def test_names():
    assert Module(name="__x").name == "__x"
    with pytest.raises(TypeError):
        Module(name=3)
    with pytest.raises(AttributeError, match="has no setter"):
        Module().name = "q"


def test_name_scopes():
    assert HTTPServer2D("foo").name_scope.name == "foo/"
    assert HTTPServer2D().create() == "http_server2_d/inf"
    with name_scope("outer"):
        module = Module("inner")
    with name_scope("elsewhere"), module.name_scope as scope:
        assert scope == "outer/inner/"


def test_a_module_that_forgot_its_constructor():
    class Forgetful(Module):
        def __init__(self):
            self.x = Variable("q")

        @Module.with_name_scope
        def method(self):
            return 1

    module = Forgetful()
    assert names(module.variables) == ["q"]
    assert module.submodules == ()
    for broken in (lambda: module.name, lambda: module.name_scope, module.method):
        with pytest.raises(AttributeError, match="'Forgetful' object has no attribute '_name"):
            broken()


def test_ignored_properties():
    class Hiding(Module):
        _TF_MODULE_IGNORED_PROPERTIES = frozenset(("hidden", *Module._TF_MODULE_IGNORED_PROPERTIES))

        def __init__(self):
            super().__init__()
            self.hidden, self.shown = Variable("h"), Variable("v")

    assert names(Hiding().variables) == ["v"]


def test_children_and_copies():
    module = Sub("k")
    module.more = [Variable("m")]
    module.more.append(Variable("n"))
    assert list(module._trackable_children()) == ["z", "a", "more"]
    twin = copy.deepcopy(module)
    assert names(twin.variables) == names(module.variables) == ["ka", "m", "n", "kz"]
    assert twin.z is not module.z


def test_variables_of_an_operator_are_found_inside_of_others() -> None:
    variable = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    operator = tf.linalg.LinearOperatorFullMatrix(variable)
    module = tf.Module()
    module.operator = tf.linalg.LinearOperatorAdjoint(operator)
    assert [v is variable for v in module.variables] == [True]
    with tf.GradientTape() as tape:
        gradient = tape.gradient(operator, variable)
    assert gradient.numpy().tolist() == [[1.0, 1.0], [1.0, 1.0]]
