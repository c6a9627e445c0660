"""Graphs as messages and back: attributes, order of side effects, names, damage."""

import random

import numpy as np
import pytest
from google.protobuf import text_format

import tidefall as tf
from tidefall.base import dtypes, errors
from tidefall.base.shapes import TensorShape
from tidefall.graph.codec.attributes import attr_from_proto, attr_to_proto
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.graph_def import Library, function_to_proto, graph_to_proto
from tidefall.graph.codec.importer import import_nodes
from tidefall.graph.v1.ref_variables import without_references
from tidefall.op import raw
from tidefall.op.table import op_def, op_names
from tidefall.proto import AttrValue, FunctionDef, GraphDef, NodeDef
from tidefall.proto.registry import pool
from tidefall.runtime.graph_function import GraphFunction


def parse(message, text):
    return text_format.Parse(text, message(), descriptor_pool=pool())


class Named:
    """Stands for a graph function."""

    def __init__(self, name):
        self.name = name


F, G = Named("f"), Named("g")
FUNCTIONS = {"f": F, "g": G}

ATTRIBUTES = [
    ("int", -3, "i: -3"),
    ("float", 0.5, "f: 0.5"),
    ("bool", False, "b: false"),
    ("string", "text", 's: "text"'),
    ("string", b"\xff", r's: "\377"'),
    ("type", dtypes.bfloat16, "type: DT_BFLOAT16"),
    ("shape", TensorShape([2, None]), "shape { dim { size: 2 } dim { size: -1 } }"),
    ("shape", TensorShape([]), "shape { }"),
    ("shape", TensorShape(None), "shape { unknown_rank: true }"),
    ("func", F, 'func { name: "f" }'),
    ("list(int)", [], "list { }"),
    ("list(int)", [1, 2], "list { i: [1, 2] }"),
    ("list(float)", [0.5], "list { f: 0.5 }"),
    ("list(bool)", [True], "list { b: true }"),
    ("list(string)", ["a", b"\xff"], r'list { s: ["a", "\377"] }'),
    ("list(type)", [dtypes.int32], "list { type: DT_INT32 }"),
    ("list(shape)", [TensorShape([1])], "list { shape { dim { size: 1 } } }"),
    ("list(func)", [F, G], 'list { func { name: "f" } func { name: "g" } }'),
]


@pytest.mark.parametrize(("kind", "value", "text"), ATTRIBUTES)
def test_attributes_round_trip(kind, value, text):
    proto = attr_to_proto(kind, value, lambda f: f.name)
    assert proto == parse(AttrValue, text)
    back = attr_from_proto(kind, proto, FUNCTIONS.__getitem__)
    assert type(back) is type(value)
    same = back.as_list() == value.as_list() if kind == "shape" and value.rank else back == value
    assert same or (kind == "shape" and back.rank == value.rank)


def test_tensors_as_attributes():
    value = np.array([[1, 2]], np.uint16)
    proto = attr_to_proto("tensor", value, str)
    back = attr_from_proto("tensor", proto, str)
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, value)


def test_every_default_of_the_op_table_can_be_written():
    for name in op_names():
        for attr in op_def(name).attrs.values():
            if attr.has_default and attr.kind != "tensor":
                proto = attr_to_proto(attr.kind, attr.default, str)
                back = attr_from_proto(attr.kind, proto, str)
                assert attr_to_proto(attr.kind, back, str) == proto, (name, attr.name)


@pytest.mark.parametrize(
    ("kind", "value"), [("int", "x"), ("type", "no type"), ("list(int)", 3), ("shape", "a")]
)
def test_attributes_of_another_kind(kind, value):
    with pytest.raises(errors.InvalidArgumentError, match="cannot be written as an attribute"):
        attr_to_proto(kind, value, str)


def test_an_attribute_message_of_another_kind():
    with pytest.raises(errors.InvalidArgumentError, match=r"of kind int is expected.*holds a s"):
        attr_from_proto("int", AttrValue(s=b"x"), str)


# ---- functions ----


def written(function, *args):
    """The FunctionDef of a `tf.function`, and those of the functions it calls."""
    concrete = function.get_concrete_function(*args)
    library = Library()
    proto = library.function(concrete.graph_function)
    return concrete, proto, library.functions()


def restored(protos, name, hints=()):
    return FunctionLibrary(protos, GraphFunction).function(name, hints)


def nodes_of(proto):
    return {node.name: node for node in proto.node_def}


def waits_for(proto, name):
    """The nodes that a node runs after, directly or not, by control edges alone."""
    nodes, found, waiting = nodes_of(proto), set(), [name]
    while waiting:
        for text in nodes[waiting.pop()].input:
            if text.startswith("^") and text[1:] not in found:
                found.add(text[1:])
                waiting.append(text[1:])
    return found


def test_inputs_are_named_by_output_argument():
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="Input")])
    def f(x):
        first, second = tf.split(x, 2, axis=1)
        return {"a": first, "b": tf.stack([second, second])}

    _, proto, _ = written(f)
    signature = proto.signature
    assert [(a.name, a.type) for a in signature.input_arg] == [("input", 1)]
    split = next(n for n in proto.node_def if n.op == "Split")
    pack = next(n for n in proto.node_def if n.op == "Pack")
    assert split.input[1] == "input"
    assert list(pack.input) == [f"{split.name}:output:1"] * 2
    returned = [n for n in proto.node_def if n.op == "Identity"]
    assert [list(n.input) for n in returned] == [
        [f"{split.name}:output:0"],
        [f"{pack.name}:output:0"],
    ]
    assert sorted(proto.ret.values()) == ["Identity:output:0", "Identity_1:output:0"]
    assert len({a.name for a in signature.output_arg}) == 2
    assert not signature.is_stateful


def test_only_attributes_without_their_default_are_written():
    @tf.function(input_signature=[tf.TensorSpec([2, 2], tf.float32)])
    def f(x):
        return tf.matmul(x, x, transpose_a=True)

    _, proto, _ = written(f)
    node = next(n for n in proto.node_def if n.op in ("MatMul", "BatchMatMulV2"))
    assert {key: node.attr[key].b for key in node.attr if key != "T"} in (
        {"transpose_a": True},
        {"adj_x": True},
    )
    assert node.attr["T"].type == 1


def test_unused_nodes_are_left_out():
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def f(x):
        tf.exp(x)
        return tf.sin(x)

    _, proto, _ = written(f)
    assert [n.op for n in proto.node_def] == ["Sin", "Identity"]


def test_functions_are_collected_and_names_are_unique():
    def branch(x):
        return x + 1.0

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)], autograph=False)
    def f(x):
        first = tf.function(branch)(x)
        second = tf.function(branch)(2.0 * x)
        return tf.cond(x > 0.0, lambda: first, lambda: tf.cond(x < -1.0, lambda: second, lambda: x))

    concrete, proto, protos = written(f)
    names = [p.signature.name for p in protos]
    assert len(set(names)) == len(names) == 7
    again = restored(protos, proto.signature.name)
    for x in (2.0, -0.5, -3.0):
        (value,) = again.run([np.float32(x)])
        np.testing.assert_allclose(value, concrete(tf.constant(x)))


class Variables(tf.Module):
    def __init__(self):
        super().__init__()
        self.a = tf.Variable(1.0)
        self.b = tf.Variable(10.0)


def test_reads_and_writes_of_one_variable_keep_their_order():
    v = Variables()

    @tf.function(input_signature=[])
    def f():
        one = v.a.read_value()
        two = v.a.read_value()
        v.a.assign(one + two)
        v.b.assign(5.0)
        return v.a.read_value() + v.b

    _, proto, _ = written(f)
    ops = {}
    for node in proto.node_def:
        ops.setdefault((node.op, node.input[0] if node.input else ""), []).append(node.name)
    a, b = (argument.name for argument in proto.signature.input_arg)
    read_one, read_two, read_three = ops["ReadVariableOp", a]
    (assign_a,), (assign_b,) = ops["AssignVariableOp", a], ops["AssignVariableOp", b]
    assert waits_for(proto, assign_a) == {read_one, read_two}
    assert waits_for(proto, read_three) == {assign_a, read_one, read_two}
    assert waits_for(proto, assign_b) == set()
    assert waits_for(proto, read_two) == set()
    assert set(proto.control_ret.values()) == {assign_a, assign_b}
    assert set(proto.signature.control_output) == set(proto.control_ret)
    assert proto.signature.is_stateful
    assert {d.dtype for arg in proto.signature.input_arg for d in arg.handle_data} == {1}


def test_calls_are_ordered_by_what_they_do_to_their_resources():
    v = Variables()

    @tf.function
    def writes():
        v.a.assign_add(1.0)

    @tf.function
    def reads():
        return v.a + 0.0

    @tf.function(input_signature=[])
    def f():
        first = reads()
        writes()
        second = reads()
        v.b.assign_add(1.0)
        return first, second

    _, proto, _ = written(f)
    calls = [n.name for n in proto.node_def if n.op == "StatefulPartitionedCall"]
    (other,) = [n.name for n in proto.node_def if n.op == "AssignAddVariableOp"]
    first, write, second = calls
    assert waits_for(proto, first) == set()
    assert waits_for(proto, write) == {first}
    assert waits_for(proto, second) == {first, write}
    assert waits_for(proto, other) == set()
    assert set(proto.control_ret.values()) == {write, other}


def test_user_control_dependencies_are_written_and_read():
    graph = tf.Graph()
    with graph.as_default():
        a = tf.constant(1.0, name="a")
        b = graph.add_node(raw.NoOp, [], {}, "b")
        c = tf.identity(a, name="c")
        c.op.control_inputs = [b]
    proto = graph_to_proto(graph)
    assert list(proto.node[-1].input) == ["a", "^b"]
    again = tf.Graph()
    made = import_nodes(proto.node, again, {}, lambda name, inputs: None, "test", flat_names=True)
    assert made["c"].control_inputs == [made["b"]]
    assert graph_to_proto(again) == proto


def test_any_order_of_the_nodes_in_the_file_runs_the_same():
    v = Variables()

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def f(x):
        for i in range(4):
            v.a.assign(v.a * x + float(i))
            v.b.assign_sub(v.a)
        return v.a.read_value(), v.b.read_value()

    concrete, proto, _ = written(f)
    expected = [t.numpy() for t in concrete(tf.constant(2.0))]
    assert expected == [27.0, -36.0]
    for seed in range(20):
        shuffled = FunctionDef.FromString(proto.SerializeToString())
        nodes = list(shuffled.node_def)
        random.Random(seed).shuffle(nodes)
        del shuffled.node_def[:]
        shuffled.node_def.extend(nodes)
        v.a.assign(1.0)
        v.b.assign(10.0)
        again = restored([shuffled], proto.signature.name, [None, *concrete.captured_inputs])
        values = again.run([np.float32(2), *(t.storage for t in concrete.captured_inputs)])
        assert [float(value) for value in values] == expected


def test_shapes_of_variables_are_known_inside_imported_functions():
    v = tf.Variable(tf.zeros([2, 3]))

    @tf.function
    def inner():
        return v + 1.0

    @tf.function(input_signature=[])
    def f():
        return inner()

    _, proto, protos = written(f)
    assert restored(protos, proto.signature.name).graph.outputs[0].shape == [2, 3]


def test_must_compile_is_kept():
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([], tf.float32)])
    def f(x):
        return x + 1.0

    _, proto, protos = written(f)
    assert proto.attr["_XlaMustCompile"].b
    assert restored(protos, proto.signature.name).jit_compile


def test_graph_def_of_a_graph():
    graph = tf.Graph()
    with graph.as_default(), tf.name_scope("layer"):
        x = tf.constant([1.0, 2.0], name="x")
        tf.split(x, 2, name="halves")
        tf.add(x, 1.0, name="sum")
    proto = graph.as_graph_def()
    assert isinstance(proto, GraphDef)
    assert proto.node[0].name == "layer/x"
    assert proto.versions.producer > 1000


def test_function_def_of_a_concrete_function():
    concrete = tf.function(lambda x: x + 1.0).get_concrete_function(tf.TensorSpec([]))
    proto = concrete.function_def
    assert proto.signature.name == concrete.name
    assert proto == function_to_proto(concrete.graph_function)


# ---- files that do not fit ----

UNKNOWN = """
signature { name: "f" input_arg { name: "x" type: DT_FLOAT }
            output_arg { name: "y" type: DT_FLOAT } }
node_def { name: "a" op: "NoSuchOp" input: "x" }
node_def { name: "b" op: "TPUReplicatedInput" input: "x" }
node_def { name: "c" op: "Sin" input: "x" attr { key: "T" value { type: DT_FLOAT } }
           attr { key: "wrong" value { i: 1 } } attr { key: "_private" value { i: 1 } } }
node_def { name: "d" op: "PartitionedCall" attr { key: "f" value { func { name: "g" } } } }
ret { key: "y" value: "c:y:0" }
"""


def test_everything_unknown_is_listed_with_the_functions_that_use_it():
    second = UNKNOWN.replace('name: "f"', 'name: "g"').replace('name: "g" }', 'name: "h" }')
    third = 'signature { name: "h" }'
    library = FunctionLibrary(
        [parse(FunctionDef, text) for text in (UNKNOWN, second, third)], GraphFunction
    )
    with pytest.raises(errors.UnimplementedError) as caught:
        library.check(["f"])
    lines = caught.value.message.splitlines()[1:]
    assert lines == [
        "  attribute wrong of op Sin: f, g",
        "  op TPUReplicatedInput: f, g",
        "  unknown op NoSuchOp: f, g",
    ]
    library.check(["h"])


HEAD = 'signature { name: "f" input_arg { name: "x" type: DT_FLOAT } '
OUT = 'output_arg { name: "y" type: DT_FLOAT } } ret { key: "y" value: "a:y:0" } '
SIN = 'node_def { name: "a" op: "Sin" input: "x" attr { key: "T" value { type: DT_FLOAT } } }'

CALL = """
node_def { name: "a" op: "PartitionedCall" attr { key: "f" value { func { name: "g" } } }
           attr { key: "Tin" value { list { } } }
           attr { key: "Tout" value { list { type: DT_FLOAT } } } }
"""

BAD = [
    ("missing its attribute 'T'", SIN.replace('attr { key: "T" value { type: DT_FLOAT } }', "")),
    ("bad attribute 'T'.*holds a i", SIN.replace("type: DT_FLOAT", "i: 1")),
    ("has the input z, which is not there", SIN.replace('input: "x"', 'input: "z"')),
    ("takes inputs of the types", SIN.replace('input: "x"', "")),
    ("takes inputs of the types", SIN.replace("DT_FLOAT", "DT_DOUBLE")),
    ("wait for each other", SIN.replace('input: "x"', 'input: "a:y:0"')),
    ("two nodes of one name", SIN + SIN),
    ("returns a:y:0, which is not there", SIN.replace('name: "a"', 'name: "b"')),
    ("has the input b:y:1", SIN.replace('"a"', '"b"') + SIN.replace('"x"', '"b:y:1"')),
    ("the file does not define it", CALL),
]  # fmt: skip


@pytest.mark.parametrize(("message", "nodes"), BAD)
def test_damaged_functions_are_refused(message, nodes):
    proto = parse(FunctionDef, HEAD + OUT + nodes)
    with pytest.raises(errors.DataLossError, match=message):
        restored([proto], "f")


def test_a_function_that_calls_itself():
    nodes = CALL.replace('name: "g"', 'name: "f"')
    with pytest.raises(errors.UnimplementedError, match="calls itself"):
        restored([parse(FunctionDef, HEAD + OUT + nodes)], "f")


# ---- variables by reference ----

REFERENCES = """
node { name: "v" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { } } } }
node { name: "read" op: "Identity" input: "v" input: "^v"
       attr { key: "T" value { type: DT_FLOAT } } }
node { name: "add" op: "AssignAdd" input: "v" input: "one" }
node { name: "again" op: "AssignSub" input: "add" input: "one" input: "^read" }
node { name: "after" op: "Neg" input: "again" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "ready" op: "IsVariableInitialized" input: "v" }
node { name: "one" op: "Const" }
"""


def test_references_become_reads_and_writes():
    nodes = {n.name: n for n in without_references(parse(GraphDef, REFERENCES).node)}
    described = {name: (n.op, list(n.input)) for name, n in nodes.items()}
    assert described == {
        "v": ("VariableV2", []),
        "read/read_0": ("ReadVariableOp", ["v"]),
        "read": ("Identity", ["read/read_0"]),
        "add/write": ("AssignAddVariableOp", ["v", "one"]),
        "add": ("ReadVariableOp", ["v", "^add/write"]),
        "again/write": ("AssignSubVariableOp", ["v", "one", "^read"]),
        "again": ("ReadVariableOp", ["v", "^again/write"]),
        "after": ("Neg", ["again"]),
        "ready": ("VarIsInitializedOp", ["v"]),
        "one": ("Const", []),
    }


def test_a_use_of_a_reference_that_is_not_known():
    nodes = [*parse(GraphDef, REFERENCES).node, NodeDef(name="s", op="RefSwitch", input=["v", "p"])]
    with pytest.raises(errors.UnimplementedError, match=r"RefSwitch \(node s\)"):
        without_references(nodes)
