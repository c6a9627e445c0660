"""What a graph does: its functions' nodes, what they read, write and draw."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.graph.analysis import (
    has_effects,
    has_side_effect,
    node_effects,
    random_nodes,
    reachable,
    with_inner_nodes,
    written_inputs,
)
from tidefall.op.effects import (
    ANYTHING,
    CHECKS,
    DRAWS,
    KEEPS,
    MAKES,
    PRINTS,
    PURE,
    REFERS,
    calls,
    reads,
    writes,
)


def graph_of(function: Any, *arguments: Any) -> Any:
    return tf.function(function).get_concrete_function(*arguments).graph


def node_of(graph: Any, kind: str) -> Any:
    return next(node for node in graph.nodes if node.type == kind)


class TestEffects:
    def test_joined(self) -> None:
        both = MAKES | writes("handle") | reads("other")
        assert both.makes
        assert both.writes == {"handle"}
        assert both.inputs == {"handle", "other"}
        assert both.is_needed
        assert not both.is_pure

    def test_pure_is_neutral(self) -> None:
        assert PURE | DRAWS == DRAWS
        assert PURE.is_pure
        assert (PURE | PURE).is_pure

    def test_what_must_run(self) -> None:
        for effects in (writes("x"), DRAWS, CHECKS, PRINTS, ANYTHING):
            assert effects.is_needed, effects
        for effects in (PURE, reads("x"), MAKES, REFERS, KEEPS, calls("x")):
            assert not effects.is_needed, effects

    def test_in_words(self) -> None:
        assert str(PURE) == "pure"
        assert str(MAKES | writes("b", "a")) == "writes a, b; makes"


class TestWritten:
    """What a function does with a variable decides whether programs hand it on or give it back."""

    def test_branch_that_reads(self) -> None:
        v = tf.Variable(1.0)
        graph = graph_of(lambda p: tf.cond(p, lambda: v + 1.0, lambda: 2.0 * v), tf.constant(True))
        assert written_inputs(graph) == set()

    def test_branch_that_assigns(self) -> None:
        v, w = tf.Variable(1.0), tf.Variable(1.0)
        graph = graph_of(
            lambda p: tf.cond(p, lambda: v.assign_add(w) + 0.0, lambda: w + 0.0), tf.constant(True)
        )
        inner = {id(tensor): outer for outer, tensor in graph.captures}
        written = [inner[id(graph.inputs[i])] for i in written_inputs(graph)]
        assert written == [v.handle]

    def test_loop_that_reads(self) -> None:
        v = tf.Variable(2.0)
        graph = graph_of(
            lambda n: tf.while_loop(lambda i: i < n, lambda i: [i * v], [tf.constant(1.0)]),
            tf.constant(9.0),
        )
        assert written_inputs(graph) == set()

    def test_lookup_is_no_write(self) -> None:
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["a"], [1]), default_value=-1
        )
        graph = graph_of(lambda x: table.lookup(x), tf.constant(["a"]))
        assert written_inputs(graph) == set()

    def test_program_with_a_branch_in_a_loop(self) -> None:
        v, w = tf.Variable(2.0), tf.Variable(0.0)

        @tf.function(jit_compile=True)
        def run(n: Any) -> Any:
            total = tf.constant(0.0)
            for i in tf.range(n):
                if i % 2 == 0:
                    total += v
                else:
                    w.assign_add(v)
            return total + v + w

        assert float(run(tf.constant(5))) == 6.0 + 2.0 + 4.0
        assert float(run(tf.constant(2))) == 2.0 + 2.0 + 6.0
        assert float(v) == 2.0


class TestEffectsOfNodes:
    def test_unused_handle_need_not_run(self) -> None:
        with tf.Graph().as_default() as graph:
            tf.raw_ops.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
            tf.raw_ops.AnonymousHashTable(key_dtype=tf.string, value_dtype=tf.int64)
        assert not any(has_side_effect(node) for node in graph.nodes)
        assert reachable([], graph.nodes) == []

    def test_queries_are_reads(self) -> None:
        with tf.Graph().as_default() as graph:
            queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.float32])
            tf.raw_ops.QueueSizeV2(handle=queue)
        effects = node_effects(node_of(graph, "QueueSizeV2"))
        assert (effects.reads, effects.writes, effects.other) == ({0}, frozenset(), False)

    def test_functions_of_branches(self) -> None:
        v = tf.Variable(1.0)
        graph = graph_of(
            lambda i: tf.switch_case(i, [lambda: v.assign_add(1.0) + 0.0, lambda: v + 0.0]),
            tf.constant(0),
        )
        node = node_of(graph, "Case")
        effects = node_effects(node)
        handle = next(i for i, t in enumerate(node.inputs) if t.dtype == tf.resource)
        assert handle in effects.writes
        assert "AssignAddVariableOp" in [n.type for n in with_inner_nodes(node)]
        assert has_effects(graph)

    def test_assertions_are_no_effects(self) -> None:
        def checked(x: Any) -> Any:
            tf.debugging.Assert(x > 0, [x])
            return x

        graph = graph_of(checked, tf.constant(1.0))
        assert not has_effects(graph)
        assert has_side_effect(node_of(graph, "Assert"))

    def test_random_ops_in_lists_of_functions(self) -> None:
        graph = graph_of(
            lambda i: tf.switch_case(
                i, [lambda: tf.random.uniform([]), lambda: tf.random.normal([])]
            ),
            tf.constant(0),
        )
        kinds = {node.type for node in random_nodes(graph)}
        assert kinds == {"RandomUniform", "RandomStandardNormal"}


class TestLoopGradient:
    def test_lookup_leaves_variables_as_they_are(self) -> None:
        """A loop that looks up a table does not assign: what it reads is not kept of each pass."""
        from tidefall.control_flow.loop_constants import LoopConstants

        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                np.arange(4, dtype=np.int64), np.arange(4, dtype=np.int64)
            ),
            default_value=-1,
        )
        v = tf.Variable(2.0)

        def body(i: Any, x: Any) -> Any:
            return i + 1, x * v * tf.cast(table.lookup(i) + 1, tf.float32)

        graph = graph_of(
            lambda n: tf.while_loop(lambda i, x: i < n, body, [tf.constant(0, tf.int64), 1.0]),
            tf.constant(3, tf.int64),
        )
        node = next(n for n in graph.nodes if n.type in ("While", "StatelessWhile"))
        constants = LoopConstants(node.attrs["body"].graph, node.attrs["cond"].graph)
        assert [read.type for read, _ in constants.reads.values()] == ["ReadVariableOp"]
