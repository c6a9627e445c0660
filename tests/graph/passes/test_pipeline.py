"""Which steps run when, what they leave as it was, and what can be seen of them."""

import subprocess
import sys

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.graph.passes import pipeline
from tidefall.graph.passes.dumping import OpTable, op_counts
from tidefall.graph.passes.pipeline import STEPS, optimize
from tidefall.graph.verifier import verify

F = tf.TensorSpec([2, 3])


@pytest.fixture
def options():
    """Sets options that are forgotten afterwards."""
    with config.override(optimizer_options=config.optimizer_options):
        yield lambda **given: tf.config.optimizer.set_experimental_options(given)


def _graph(function, *specs):
    return tf.function(function, autograph=False).get_concrete_function(*specs).graph


def _noisy(x):
    inner = tf.function(lambda y: tf.tanh(y) - 0.0)
    y = tf.identity(inner(x)) + inner(x)
    return tf.reshape(tf.reshape(y, [-1]), [2, 3]) + tf.reduce_sum(tf.constant([1.0, 2.0]))


TOGGLES = [
    ("function_optimization", "StatefulPartitionedCall"),
    ("dependency_optimization", "Identity"),
    ("shape_optimization", "Reshape"),
    ("constant_folding", "Sum"),
    ("arithmetic_optimization", "Sub"),
]


@pytest.mark.parametrize("option, kind", TOGGLES)
def test_a_step_can_be_turned_off(options, option, kind):
    graph = _graph(_noisy, F)
    on = op_counts(optimize(graph))
    options(**{option: False})
    off = op_counts(optimize(graph))
    assert off[kind] > on[kind]


def test_everything_can_be_turned_off(options):
    graph = _graph(_noisy, F)
    options(disable_meta_optimizer=True)
    assert optimize(graph) is graph


def test_small_graphs_are_left_alone(options):
    graph = _graph(lambda x: tf.identity(x), F)
    assert optimize(graph) is graph
    options(min_graph_nodes=-1)
    assert not op_counts(optimize(graph))["Identity"]


def test_nodes_nobody_needs_can_be_kept(options):
    graph = _graph(lambda x: tf.tanh(tf.identity(x)) - 0.0 + 1.0 * x, F)
    options(disable_model_pruning=True)
    assert op_counts(optimize(graph))["Const"] > 0
    options(disable_model_pruning=False)
    assert not op_counts(optimize(graph))["Const"]


def test_xla_gets_the_traced_graph_unless_asked(options):
    graph = _graph(_noisy, F)
    assert optimize(graph, "xla") is graph
    options(auto_mixed_precision_onednn_bfloat16=True)
    assert optimize(graph, "xla") is not graph


def test_float16_is_for_gpus(options, caplog):
    graph = _graph(lambda x: tf.matmul(tf.matmul(x, tf.transpose(x)), x), F)
    options(auto_mixed_precision=True)
    assert optimize(graph, "xla") is graph
    narrow = optimize(graph, "xla", gpu=True)
    assert {n.outputs[0].dtype for n in narrow.nodes if n.type == "MatMul"} == {tf.float16}


def test_options_as_tensorflow_reports_them(options):
    assert tf.config.optimizer.get_experimental_options() == {
        "disable_model_pruning": False,
        "disable_meta_optimizer": False,
    }
    options(constant_folding=False, min_graph_nodes=-1)
    assert tf.config.optimizer.get_experimental_options() == {
        "constant_folding": False,
        "disable_model_pruning": False,
        "disable_meta_optimizer": False,
        "min_graph_nodes": -1,
    }


def test_an_unknown_option_is_reported(caplog):
    tf.config.optimizer.set_experimental_options({"konstant_folding": True})
    assert "konstant_folding" in caplog.text


def test_jit():
    assert tf.config.optimizer.get_jit() == ""
    with config.override(autoclustering=False):
        for enabled in (True, "autoclustering"):
            tf.config.optimizer.set_jit(enabled)
            assert tf.config.optimizer.get_jit() == "autoclustering"
        from tidefall.runtime.policy.tiers import TieredExecutable
        from tidefall.runtime.program import analyse

        concrete = tf.function(tf.tanh).get_concrete_function(F)
        plan = TieredExecutable(analyse(concrete.graph, "tanh"))
        plan.run([np.zeros((2, 3), np.float32)])
        assert plan._xla is not None
        tf.config.optimizer.set_jit(False)
        assert tf.config.optimizer.get_jit() == ""


def test_unknown_steps_are_refused():
    with pytest.raises(ValueError, match="no step called"):
        optimize(_graph(_noisy, F), only=["make_it_fast"])


def test_every_step_leaves_a_good_graph_and_the_traced_one_as_it_was():
    graph = _graph(_noisy, F)
    before = [(n.name, n.type, tuple(map(id, n.inputs))) for n in graph.nodes]
    seen = []
    optimize(graph, observe=lambda name, g: (seen.append(name), verify(g)))
    assert seen[0] == "traced" and seen[-1] == "remove_dead_code"
    assert [(n.name, n.type, tuple(map(id, n.inputs))) for n in graph.nodes] == before


def test_names_of_steps_are_unique():
    assert len({s.name for s in STEPS}) == len(STEPS)


# ---- what must not change ----


def test_errors_name_the_users_node_and_line():
    @tf.function
    def inner(x, y):
        return tf.matmul(x, y, name="product") + tf.zeros([3])  # the line

    @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec([None, 3])])
    def f(x, y):
        return tf.nn.relu(inner(tf.identity(x), y) * 1.0)

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        f(tf.zeros([2, 2]), tf.zeros([3, 3]))
    message = caught.value.message
    assert "product" in message
    line = inner.python_function.__code__.co_firstlineno + 2
    assert f"{__file__}:{line}" in message


def test_the_order_of_effects_is_kept(capfd):
    v = tf.Variable(1.0)

    @tf.function
    def bump(x):
        v.assign_add(x)
        tf.print("v", v)
        return v.read_value()

    @tf.function
    def f(x):
        a = bump(x)
        v.assign(v * 3.0)
        tf.print("tripled", v)
        b = bump(x)
        return a, b, v.read_value()

    assert [float(r) for r in f(tf.constant(1.0))] == [2.0, 7.0, 7.0]
    assert capfd.readouterr().err.split("\n")[:3] == ["v 2", "tripled 6", "v 7"]


def test_assertions_still_fail():
    @tf.function
    def f(x):
        with tf.control_dependencies([tf.debugging.assert_positive(x)]):
            return tf.identity(x) * 1.0 - 0.0

    assert float(f(tf.constant(1.0))) == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError):
        f(tf.constant(-1.0))


def test_a_copy_draws_from_the_stream_of_its_node():
    @tf.function
    def inner():
        return tf.random.uniform([2], seed=7) * 1.0

    @tf.function
    def f():
        return inner(), inner() - 0.0

    def draws():
        tf.random.set_seed(1)
        return np.stack([np.stack(f()) for _ in range(3)])

    optimized = draws()
    with config.override(optimizer_options={"disable_meta_optimizer": True}):
        f2 = tf.function(f.python_function)

        def draws_again():
            tf.random.set_seed(1)
            return np.stack([np.stack(f2()) for _ in range(3)])

        np.testing.assert_array_equal(optimized, draws_again())


def test_gradients_and_files_see_the_traced_graph(tmp_path):
    class Model(tf.Module):
        def __init__(self):
            self.w = tf.Variable([[1.0], [2.0]])

        @tf.function(input_signature=[tf.TensorSpec([None, 2])])
        def __call__(self, x):
            return tf.nn.relu(tf.matmul(tf.identity(x), self.w) + tf.constant([1.0]))

    model = Model()
    x = tf.constant([[1.0, 1.0]])
    assert float(model(x)[0, 0]) == 4.0
    with tf.GradientTape() as tape:
        y = model(x)
    assert tape.gradient(y, model.w).numpy().tolist() == [[1.0], [1.0]]
    tf.saved_model.save(model, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    kinds = {n.type for n in loaded.__call__.concrete_functions[0].graph.nodes}
    assert {"MatMul", "AddV2", "Relu", "Identity"} <= kinds
    assert not any(kind.startswith("_Fused") for kind in kinds)


# ---- seeing what happens ----


def test_table_of_op_counts():
    table = OpTable()
    optimize(_graph(_noisy, F), observe=table)
    text = str(table)
    assert text.splitlines()[0].split()[:3] == ["op", "traced", "inline_calls"]
    assert text.splitlines()[-1].split()[0] == "total"
    assert table.column("traced")["StatefulPartitionedCall"] == 2
    assert table.column("inline_calls")["Tanh"] == 2
    assert table.column("merge_common")["Tanh"] == 1


def test_dump(tmp_path):
    f = tf.function(_noisy, autograph=False)
    with config.override(dump=str(tmp_path / "graphs")):
        f(tf.zeros([2, 3]))
    names = sorted(p.name for p in (tmp_path / "graphs").iterdir())
    steps = [n.partition(".host.")[2] for n in names]
    assert "00-traced.txt" in steps and "01-inline_calls.txt" in steps and "ops.txt" in steps
    assert not any(n.endswith(".part") for n in names)
    traced = next(p for p in (tmp_path / "graphs").iterdir() if p.name.endswith("traced.txt"))
    assert "StatefulPartitionedCall" in traced.read_text()
    assert __file__ in traced.read_text()


def test_preparing_is_linear():
    """A graph eight times as long takes no step more than some eight times the work."""

    def chain(n):
        def f(x):
            for i in range(n):
                x = tf.reshape(tf.identity(tf.tanh(x) * 1.0 + float(i)), [2, 3])
            return x

        return _graph(f, F)

    def work(graph):
        calls = [0]

        def count(frame, event, arg):
            calls[0] += event == "call"

        sys.setprofile(count)
        try:
            optimize(graph)
        finally:
            sys.setprofile(None)
        return calls[0]

    assert work(chain(400)) < 10 * work(chain(50))


@pytest.mark.process
def test_import_stays_light():
    code = "import sys, tidefall; print(any('graph.passes' in m for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert pipeline.HOST == "host"


def test_debugging_is_stripped_from_small_graphs_too(options):
    graph = _graph(lambda x: (tf.debugging.check_numerics(x, "bad"), tf.identity(x))[1], F)
    assert op_counts(optimize(graph))["CheckNumerics"] == 1
    options(debug_stripper=True)
    assert op_counts(optimize(graph))["CheckNumerics"] == 0
