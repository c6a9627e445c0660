"""`tf.test.assert_equal_graph_def`."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export


@export("test.assert_equal_graph_def")
def assert_equal_graph_def(expected: Any, actual: Any) -> None:
    """Compare two GraphDefs, whatever the order of nodes, attributes and control inputs.

    Args:
        expected: the GraphDef that is right.
        actual: the GraphDef to check. Nodes are found by their names.

    Raises:
        AssertionError: at the first difference, naming the node.
        TypeError: if one is no GraphDef.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default() as graph:
    ...     x = tf.constant(1.0)
    >>> tf.test.assert_equal_graph_def(graph.as_graph_def(), graph.as_graph_def())
    """
    for message, which in ((expected, "expected"), (actual, "actual")):
        if not hasattr(message, "node") or not hasattr(message, "library"):
            raise TypeError(f"Expected tf.GraphDef for {which}, got {type(message).__name__}")
    wanted = {node.name: node for node in expected.node}
    given = {node.name: node for node in actual.node}
    for name in wanted:
        if name not in given:
            raise AssertionError(f"Did not find expected node '{_text(wanted[name])}'")
    for name in given:
        if name not in wanted:
            raise AssertionError(f"Found unexpected node '{_text(given[name])}'")
        _compare(wanted[name], given[name])
    theirs = {f.signature.name: f for f in expected.library.function}
    ours = {f.signature.name: f for f in actual.library.function}
    if theirs != ours:
        names = sorted(n for n in theirs.keys() | ours.keys() if theirs.get(n) != ours.get(n))
        raise AssertionError(f"The functions {', '.join(names)} are not as expected.")


def _text(node: Any) -> str:
    return f"{{{{node {node.name}}}}} = {node.op}({', '.join(node.input)})"


def _inputs(node: Any) -> tuple[list[str], set[str]]:
    data = [text.removesuffix(":0") for text in node.input if not text.startswith("^")]
    return data, {text for text in node.input if text.startswith("^")}


def _compare(wanted: Any, given: Any) -> None:
    name = given.name
    if (wanted.op, wanted.device) != (given.op, given.device):
        raise AssertionError(
            f"Node named '{name}' is {given.op} on {given.device!r}; expected {wanted.op} on "
            f"{wanted.device!r}"
        )
    if _inputs(wanted) != _inputs(given):
        raise AssertionError(
            f"Node named '{name}' has inputs {list(given.input)} that do not match expected: "
            f"{list(wanted.input)}"
        )
    for key in sorted({*wanted.attr, *given.attr}):
        if key not in given.attr:
            raise AssertionError(f"Node named '{name}' lacks the expected attr '{key}'")
        if key not in wanted.attr:
            raise AssertionError(f"Node named '{name}' has the unexpected attr '{key}'")
        if wanted.attr[key] != given.attr[key]:
            raise AssertionError(
                f"Node named '{name}' has attr '{key}' with value: {given.attr[key]} that does "
                f"not match expected: {wanted.attr[key]}"
            )
