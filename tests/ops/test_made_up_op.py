"""Adding an op touches one source file and one record file: done here with an op of our own.

The source file declares the op with all its facets, and nothing else knows it; the record file says
what is called with what. Every way a program can run then takes it up.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.errors import NotFoundError
from tidefall.graph.analysis import has_effects, node_effects
from tidefall.op import registry
from tidefall.op.effects import PURE
from tidefall.op.table import signature
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.batching import rule_of

SOURCE = '''
"""The trapezoid rule."""

import numpy as np

from tidefall.op import raw
from tidefall.op.registry import op
from tidefall.op.effects import PURE
from tidefall.op.table import signature
from tidefall.op.traits import LINEAR
from tidefall.ops.batching import along_axes
from tidefall.ops.common import jnp


def _shape(c):
    axis, y = c.constant(1), c.shape(0)
    if axis is None or y.rank is None:
        return y if y.rank is None else [None] * (y.rank - 1)
    return [d for i, d in enumerate(y.as_list()) if i != int(axis) % y.rank]


def _kernel(xp):
    def rule(y, axis):
        ends = xp.take(y, 0, axis=int(axis)) + xp.take(y, y.shape[int(axis)] - 1, axis=int(axis))
        return (y.sum(axis=int(axis)) - ends / 2).astype(y.dtype)

    return rule


def _grad(op, dz):
    y, axis = op.inputs
    along = raw.GatherV2(raw.Shape(y), axis, 0)
    place = raw.Range(0, along, 1)
    ends = raw.LogicalOr(raw.Equal(place, 0), raw.Equal(place, along - 1))
    weights = raw.SelectV2(ends, np.float32(0.5), np.float32(1.0))
    sizes = raw.SelectV2(raw.Equal(raw.Range(0, raw.Rank(y), 1), axis), raw.Shape(y), 1)
    return [raw.ExpandDims(dz, axis) * raw.Reshape(weights, sizes), None]


trapezoid_op = op(
    "MadeUpTrapezoid",
    definition=signature(
        "MadeUpTrapezoid",
        {
            "in": [["y", "T"], ["axis", "int32"]],
            "out": [["z", "T"]],
            "attrs": {"T": {"type": "type"}},
        },
    ),
    shape=_shape,
    host=_kernel(np),
    xla=_kernel(jnp),
    effects=PURE,
    traits=(LINEAR,),
    batching=along_axes,
    gradient=_grad,
    static=("axis",),
)
'''

RECORD = """
from tests.oracle.spec import f32

CASES = [(f32(3, 4), 0), (f32(3, 4), 1), (f32(2, 3, 4), 1)]
"""


def _module(folder: Path, name: str, text: str) -> Any:
    file = folder / f"{name}.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location(f"made_up_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[Any]]]:
    """The op, and the arrays and axes of its records."""
    folder = tmp_path_factory.mktemp("added")
    op = _module(folder, "source", SOURCE).trapezoid_op
    records = _module(folder, "record", RECORD).CASES
    yield op, [(y.make(f"trapezoid {i}"), axis) for i, (y, axis) in enumerate(records)]
    for name in [name for name in registry._registry if name.startswith("MadeUp")]:
        del registry._registry[name]


def expected(y: np.ndarray, axis: int) -> np.ndarray:
    return np.trapezoid(y, axis=axis) if hasattr(np, "trapezoid") else np.trapz(y, axis=axis)


def weights(y: np.ndarray, axis: int) -> np.ndarray:
    """The gradient of the sum of all results."""
    found = np.ones_like(y)
    ends = [slice(None)] * y.ndim
    for end in (0, -1):
        ends[axis] = end  # type: ignore[call-overload]
        found[tuple(ends)] = 0.5
    return found


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_values(added: Any, compiled: bool, known: bool) -> None:
    op, records = added
    for y, axis in records:
        np.testing.assert_allclose(op(y, axis), expected(y, axis), rtol=1e-6)
        spec = tf.TensorSpec(y.shape if known else [None] * y.ndim, tf.float32)
        run = tf.function(lambda y: op(y, axis), jit_compile=compiled, input_signature=[spec])  # noqa: B023
        shape = run.get_concrete_function().output_shapes
        assert shape.is_compatible_with(expected(y, axis).shape)
        assert shape.is_fully_defined() == known
        np.testing.assert_allclose(run(y), expected(y, axis), rtol=1e-6)


@pytest.mark.parametrize("compiled", [None, False, True])
def test_gradients(added: Any, compiled: bool | None) -> None:
    op, records = added
    for y, axis in records:

        def slope(y: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(y)
                z = op(y, axis)  # noqa: B023
            return tape.gradient(z, y)

        run = slope if compiled is None else tf.function(slope, jit_compile=compiled)
        np.testing.assert_allclose(run(tf.constant(y)), weights(y, axis), rtol=1e-6)


def test_gradient_agrees_with_differences(added: Any) -> None:
    op, records = added
    for y, axis in records:
        given, found = tf.test.compute_gradient(lambda y: op(y, axis), [tf.constant(y)])  # noqa: B023
        np.testing.assert_allclose(given[0], found[0], atol=1e-2)


def test_forward_mode(added: Any) -> None:
    op, records = added
    for y, axis in records:
        x, direction = tf.constant(y), tf.constant(y[::-1].copy())
        with tf.autodiff.ForwardAccumulator(x, direction) as accumulator:
            z = op(x, axis)
        product = accumulator.jvp(z)
        np.testing.assert_allclose(product, expected(y[::-1], axis), rtol=1e-5, atol=1e-6)


def test_forward_mode_by_a_rule_of_its_own(added: Any) -> None:
    seen = []

    def jvp(op: Any, tangent: Any) -> Any:
        seen.append(op.op_type.name)
        return tangent * 3.0 * op.inputs[0] ** 2

    cube = registry.op(
        "MadeUpCube",
        definition=signature(
            "MadeUpCube",
            {"in": [["x", "T"]], "out": [["y", "T"]], "attrs": {"T": {"type": "type"}}},
        ),
        shape=lambda c: c.shape(0),
        host=lambda x: x**3,
        effects=PURE,
        traits=(ELEMENTWISE,),
        jvp=jvp,
        gradient=lambda op, dy: dy * 3.0 * op.inputs[0] ** 2,
    )
    x, direction = tf.constant([1.0, 2.0]), tf.constant([1.0, -1.0])
    with tf.autodiff.ForwardAccumulator(x, direction) as accumulator:
        y = cube(x)
    np.testing.assert_allclose(accumulator.jvp(y), [3.0, -12.0])
    assert seen == ["MadeUpCube"]
    found = tf.vectorized_map(cube, x, fallback_to_while_loop=False)
    np.testing.assert_allclose(found, [1.0, 8.0])


def test_many_at_once(added: Any) -> None:
    op, records = added
    for y, axis in records:
        many = np.stack([y, 2 * y, -y])
        each = np.stack([expected(one, axis) for one in many])
        found = tf.vectorized_map(
            lambda one: op(one, axis),  # noqa: B023
            tf.constant(many),
            fallback_to_while_loop=False,
        )
        np.testing.assert_allclose(found, each, rtol=1e-6)
        jacobian = _jacobian(op, y, axis)
        np.testing.assert_allclose(jacobian.sum(axis=tuple(range(y.ndim - 1))), weights(y, axis))


def _jacobian(op: Any, y: np.ndarray, axis: int) -> np.ndarray:
    with tf.GradientTape() as tape:
        x = tf.constant(y)
        tape.watch(x)
        z = op(x, axis)
    return tape.jacobian(z, x).numpy()


def test_in_a_dataset(added: Any) -> None:
    op, records = added
    y, axis = records[0]
    dataset = tf.data.Dataset.from_tensors(y).repeat(4).map(lambda y: op(y, axis)).batch(2)
    for batch in dataset:
        np.testing.assert_allclose(batch, [expected(y, axis)] * 2, rtol=1e-6)


def test_what_the_passes_know(added: Any) -> None:
    op, records = added
    y, axis = records[0]
    graph = tf.function(lambda y: op(y, axis) + op(y, axis)).get_concrete_function(y).graph
    node = next(node for node in graph.nodes if node.op_type is op)
    assert node_effects(node) == (frozenset(), frozenset(), False)
    assert not has_effects(graph)
    assert rule_of(op) is not None
    from tidefall.graph.passes.common_subexpressions import merge_common
    from tidefall.graph.passes.copying import copy_graph

    copied = copy_graph(graph)
    assert merge_common(copied) >= 1


def test_it_stays_in_the_process(added: Any, tmp_path: Path) -> None:
    op, records = added
    y, axis = records[0]
    module = tf.Module()
    module.run = tf.function(lambda y: op(y, axis), input_signature=[tf.TensorSpec(y.shape)])
    with pytest.raises(NotFoundError, match="MadeUpTrapezoid"):
        tf.saved_model.save(module, str(tmp_path / "model"))


def test_only_an_op_of_ones_own_has_a_signature_of_its_own(added: Any) -> None:
    op, _ = added
    rules: dict[str, Any] = {"shape": op.shape, "effects": op.effects, "gradient": op.gradient}
    with pytest.raises(ValueError, match="declared twice"):
        registry.op("MadeUpTrapezoid", definition=op.definition, **rules)
    with pytest.raises(ValueError, match="TensorFlow's"):
        registry.op("Cumsum", definition=op.definition, **rules)
