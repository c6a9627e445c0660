"""Programs in the style of TensorFlow 1, run here and, to record what is right, in TensorFlow.

`python -m tests.v1.programs` in an environment with TensorFlow writes `recorded.json`, and
`python -m tests.v1.programs NAME...` only the results of some programs.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.v1 import (
    function_programs,
    input_programs,
    metric_programs,
    monitored_programs,
    table_programs,
)
from tests.v1.program_table import PROGRAMS, program

RECORDED = Path(__file__).with_name("recorded.json")
assert (
    function_programs
    and input_programs
    and metric_programs
    and monitored_programs
    and table_programs
)


def _data() -> tuple[np.ndarray, np.ndarray]:
    inputs = np.sin(np.arange(60, dtype=np.float32)).reshape(20, 3)
    return inputs, inputs @ np.array([[1.0], [2.0], [-1.0]], np.float32) + 0.5


OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "sgd": lambda train, step: train.GradientDescentOptimizer(0.1),
    "momentum": lambda train, step: train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda train, step: train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda train, step: train.AdamOptimizer(0.1),
    "adagrad": lambda train, step: train.AdagradOptimizer(0.1),
    "adadelta": lambda train, step: train.AdadeltaOptimizer(1.0),
    "rmsprop": lambda train, step: train.RMSPropOptimizer(0.05, momentum=0.5),
    "centered": lambda train, step: train.RMSPropOptimizer(0.05, centered=True),
    "ftrl": lambda train, step: train.FtrlOptimizer(
        0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.01
    ),
    "ftrl_shrinkage": lambda train, step: train.FtrlOptimizer(
        0.1, l2_shrinkage_regularization_strength=0.1, learning_rate_power=-0.6
    ),
    "proximal": lambda train, step: train.ProximalGradientDescentOptimizer(
        0.1, l1_regularization_strength=0.05, l2_regularization_strength=0.1
    ),
    "proximal_adagrad": lambda train, step: train.ProximalAdagradOptimizer(
        0.1, l1_regularization_strength=0.05
    ),
    "dual_averaging": lambda train, step: train.AdagradDAOptimizer(
        0.1, step, l1_regularization_strength=0.01
    ),
    "decayed": lambda train, step: train.GradientDescentOptimizer(
        train.exponential_decay(0.1, step, 2, 0.5)
    ),
}


def _train(tf: Any, make: Callable[[Any, Any], Any], use_resource: bool, sparse: bool) -> Any:
    v1 = tf.compat.v1
    inputs, targets = _data()
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 3])
        y = v1.placeholder(tf.float32, [None, 1])

        def get(name: str, shape: list[int], value: Any) -> Any:
            first = v1.constant_initializer(value)
            return v1.get_variable(name, shape, initializer=first, use_resource=use_resource)

        w, b = get("w", [3, 1], [[0.1], [-0.2], [0.3]]), get("b", [1], 0.0)
        table = get("table", [4, 2], 0.5)
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
        if sparse:
            loss = loss + tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, [0, 2, 0])))
        step = v1.train.get_or_create_global_step()
        train = make(v1.train, step).minimize(loss, global_step=step)
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            losses = [session.run([loss, train], {x: inputs, y: targets})[0] for _ in range(4)]
            values = {v.name: session.run(v) for v in v1.global_variables()}
    return {"losses": losses, "values": values}


def _declare_optimizers() -> None:
    for name, make in OPTIMIZERS.items():
        for use_resource in (True, False):
            for sparse in (False, True):
                kind = "resource" if use_resource else "reference"
                key = f"{name}_{kind}{'_sparse' if sparse else ''}"
                PROGRAMS[key] = lambda tf, m=make, u=use_resource, s=sparse: _train(tf, m, u, s)


_declare_optimizers()


@program
def softmax_classifier(tf: Any) -> Any:
    """Digits by softmax regression, the first tutorial of TensorFlow 1."""
    v1 = tf.compat.v1
    images = np.cos(np.arange(32 * 16, dtype=np.float32)).reshape(32, 16)
    labels = np.eye(4, dtype=np.float32)[np.arange(32) % 4]
    with tf.Graph().as_default(), v1.Session():
        x = v1.placeholder(tf.float32, [None, 16], name="x")
        y = v1.placeholder(tf.float32, [None, 4], name="y")
        with v1.variable_scope("softmax"):
            w = v1.get_variable("w", [16, 4], initializer=v1.zeros_initializer())
            b = v1.get_variable("b", [4], initializer=v1.zeros_initializer())
        logits = tf.matmul(x, w) + b
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
        loss = tf.reduce_mean(losses)
        right = tf.equal(tf.argmax(logits, 1), tf.argmax(y, 1))
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
        train = v1.train.GradientDescentOptimizer(0.5).minimize(loss)
        v1.global_variables_initializer().run()
        found = []
        for _ in range(5):
            train.run({x: images, y: labels})
            found.append([loss.eval({x: images, y: labels}), accuracy.eval({x: images, y: labels})])
        return found + [w.eval()]


@program
def recurrent_network(tf: Any) -> Any:
    """A network unrolled by while_loop, trained."""
    v1 = tf.compat.v1
    sequence = np.sin(np.arange(5 * 3 * 2, dtype=np.float32)).reshape(5, 3, 2)
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [5, 3, 2])
        w = v1.get_variable("w", [6, 4], initializer=v1.constant_initializer(0.1))

        def body(i: Any, h: Any) -> Any:
            return i + 1, tf.tanh(tf.matmul(tf.concat([x[i], h], 1), w))

        _, h = v1.while_loop(lambda i, h: i < 5, body, [tf.constant(0), tf.zeros([3, 4])])
        loss = tf.reduce_sum(tf.square(h - 0.5))
        train = v1.train.AdamOptimizer(0.05).minimize(loss)
        session.run(v1.global_variables_initializer())
        losses = [session.run([train, loss], {x: sequence})[1] for _ in range(4)]
        return losses + [session.run(w)]


@program
def branches(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [])
        v = v1.get_variable("v", [], initializer=v1.constant_initializer(2.0))
        y = v1.cond(x > 0, lambda: x * v, lambda: x - v)
        (gx, gv) = v1.gradients(y, [x, v])
        session.run(v.initializer)
        return [session.run([y, gx, gv], {x: value}) for value in (3.0, -3.0)]


@program
def shared_variables(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        with v1.variable_scope("a"):
            one = v1.get_variable("v", [1])
            with v1.variable_scope("b", initializer=v1.ones_initializer()) as scope:
                two = v1.get_variable("v", [2])
        with v1.variable_scope("a", reuse=True):
            assert v1.get_variable("v") is one
        with v1.variable_scope(scope, reuse=v1.AUTO_REUSE):
            assert v1.get_variable("v") is two
            three = v1.get_variable("w", [3])
        names = [one.name, two.name, three.name]
        for _ in range(2):
            with v1.variable_scope(None, default_name="layer"):
                names.append(v1.get_variable("v", [1]).name)
                names.append(tf.constant(1).name)
        with v1.variable_scope("a"):
            names.append(tf.constant(1).name)
        with v1.variable_scope(scope):
            names.append(tf.constant(1).name)
            names.append(v1.get_variable_scope().name)
        return names + [v.name for v in v1.trainable_variables()]


@program
def seeded_initial_values(tf: Any) -> Any:
    """The same random numbers after the same seed."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(7)
        v1.get_variable("a", [2, 2])
        v1.get_variable("b", [3], initializer=v1.random_normal_initializer(1.0, 2.0))
        v1.get_variable("c", [3], initializer=v1.truncated_normal_initializer(seed=3))
        v1.get_variable("d", [3], initializer=v1.initializers.he_uniform())
        session.run(v1.global_variables_initializer())
        first = session.run(v1.global_variables())
        session.run(v1.global_variables_initializer())
        return [first, session.run(v1.global_variables())]


@program
def learning_rates(tf: Any) -> Any:
    train = tf.compat.v1.train
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.placeholder(tf.int64, [])
        rates = [
            train.exponential_decay(0.1, step, 10, 0.5),
            train.exponential_decay(0.1, step, 10, 0.5, staircase=True),
            train.natural_exp_decay(0.1, step, 10, 0.5),
            train.inverse_time_decay(0.1, step, 10, 0.5),
            train.polynomial_decay(0.1, step, 10, 0.01, power=2.0),
            train.polynomial_decay(0.1, step, 10, 0.01, cycle=True),
            train.piecewise_constant(step, [5, 15], [1.0, 0.5, 0.1]),
            train.cosine_decay(0.1, step, 20, alpha=0.1),
            train.cosine_decay_restarts(0.1, step, 4),
            train.linear_cosine_decay(0.1, step, 20),
        ]
        return [session.run(rates, {step: n}) for n in (0, 5, 12, 30)]


@program
def losses(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.constant([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]])
        y = tf.constant([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
        kinds = [
            v1.losses.absolute_difference, v1.losses.mean_squared_error, v1.losses.huber_loss,
            v1.losses.log_loss, v1.losses.hinge_loss, v1.losses.sigmoid_cross_entropy,
            v1.losses.softmax_cross_entropy,
        ]  # fmt: skip
        found = [kind(y, x) for kind in kinds]
        kind = v1.losses.Reduction
        for reduction in (kind.NONE, kind.SUM, kind.MEAN, kind.SUM_OVER_BATCH_SIZE):
            weights = [[0.0], [2.0]]
            found.append(
                v1.losses.mean_squared_error(
                    y, x, weights, loss_collection=None, reduction=reduction
                )
            )
        found.append(v1.losses.sparse_softmax_cross_entropy([1, 0], x, weights=[1.0, 0.5]))
        found.append(v1.losses.cosine_distance(y, x, axis=1))
        found.append(v1.losses.softmax_cross_entropy(y, x, label_smoothing=0.1))
        found.append(v1.losses.get_total_loss())
        return [session.run(found), len(v1.losses.get_losses()), [t.name for t in found[:3]]]


@program
def old_functions(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.constant([[1.0, -2.0], [3.0, 4.0]])
        labels = tf.constant([[1.0, 0.0], [0.0, 1.0]])
        v1.get_variable("v", [2, 2], initializer=v1.ones_initializer())
        ones = v1.ones_initializer()
        template = v1.make_template("dense", lambda z: z * v1.get_variable("k", [], None, ones))
        shared = [template(x), template(x)]
        cross = v1.nn.softmax_cross_entropy_with_logits(labels=labels, logits=x)
        found = [
            v1.reduce_sum(x, reduction_indices=1, keep_dims=True), v1.argmax(x, dimension=0),
            v1.expand_dims(x, dim=0), v1.squeeze(x[:, :1], squeeze_dims=[1]),
            v1.nn.softmax(x, dim=0), v1.to_int32(x), v1.div(7, 2), v1.log(tf.abs(x)),
            v1.nn.dropout(x, keep_prob=1.0), v1.nn.xw_plus_b(x, x, [1.0, 2.0]), cross,
            v1.count_nonzero(x), v1.zeros_like(x, tf.int32),
            v1.transpose(x, name="t"), v1.shape(x, out_type=tf.int64), v1.gather(x, [1], axis=1),
            v1.nn.moments(x, [0], keep_dims=True), v1.squared_difference(x, 1.0),
        ]  # fmt: skip
        session.run(v1.global_variables_initializer())
        slopes = v1.gradients(cross, [x, labels])
        names = [v.name for v in v1.global_variables()]
        return [session.run(found), session.run(shared), slopes[1] is None, names]


@program
def control_and_default_values(tf: Any) -> Any:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=1.0)
        given = v1.placeholder_with_default(tf.constant(5.0), [])
        with tf.control_dependencies([v.assign_add(2.0)]):
            after = tf.identity(v)
        bump = v1.assign_add(v, 10.0)
        session.run(v.initializer)
        found = [session.run(after), session.run(bump), session.run([v, given], {given: 7.0})]
        found.append(session.run(given))
        found.append(session.run(v1.report_uninitialized_variables()))
        rows = v1.get_variable("rows", initializer=[1.0, 2.0])
        session.run(rows.initializer)
        found.append(session.run(v1.scatter_add(rows, [0], [5.0])))
        return found


RULES = {
    "GradientDescent": 0, "ProximalGradientDescent": 0, "Momentum": 1, "KerasMomentum": 1,
    "Adagrad": 1, "AdagradV2": 1, "ProximalAdagrad": 1, "AdagradDA": 2, "Adadelta": 2, "Adam": 2,
    "AdamWithAmsgrad": 3, "AdaMax": 2, "RMSProp": 2, "CenteredRMSProp": 3, "Ftrl": 2, "FtrlV2": 2,
    "AddSign": 1, "PowerSign": 1,
}  # fmt: skip
"""The update rules, and how many slots each has."""
SETTINGS = {
    "alpha": 0.1, "lr": 0.1, "l1": 0.02, "l2": 0.03, "l2_shrinkage": 0.01, "lr_power": -0.4,
    "momentum": 0.9, "rho": 0.8, "epsilon": 0.01, "beta1_power": 0.81, "beta2_power": 0.98,
    "beta1": 0.9, "beta2": 0.99, "beta": 0.9, "sign_decay": 0.7, "logbase": 1.1,
}  # fmt: skip


def _arguments(tf: Any, function: Any, slots: int, sparse: bool) -> tuple[list[Any], dict]:
    """Variables and the other arguments for the op of an update rule."""
    names = [n for n in inspect.signature(function).parameters if n not in ("use_locking", "name")]
    variables = [tf.Variable([[0.5 + i, 1.5], [2.0, -0.5 - i], [0.25, 0.75]]) for i in range(3)]
    variables = [tf.Variable(v) for v in (*variables, variables[0])][: slots + 1]
    if slots:
        for v in variables[1:]:
            v.assign(tf.abs(v))
    given: dict[str, Any] = {n: v.handle for n, v in zip(names, variables, strict=False)}
    for name in names[slots + 1 :]:
        if name in SETTINGS:
            given[name] = tf.constant(SETTINGS[name])
        elif name in ("grad", "delta"):
            rows = [[0.3, -0.2], [0.1, 0.4]]
            given[name] = tf.constant(rows if sparse else [*rows, [-0.5, 0.0]])
        elif name == "indices":
            given[name] = tf.constant([2, 0])
        elif name == "global_step":
            given[name] = tf.constant(3, tf.int64)
    return variables, given


@program
def update_rules(tf: Any) -> Any:
    found = {}
    for name, slots in RULES.items():
        for prefix in ("ResourceApply", "ResourceSparseApply"):
            function = getattr(tf.raw_ops, prefix + name, None)
            if function is None or (prefix, name) == ("ResourceSparseApply", "GradientDescent"):
                continue
            for flag in ("", "use_nesterov", "update_slots", "multiply_linear_by_lr"):
                variables, given = _arguments(tf, function, slots, "Sparse" in prefix)
                if flag:
                    default = inspect.signature(function).parameters.get(flag)
                    if default is None:
                        continue
                    given[flag] = not default.default
                function(**given)
                found[f"{prefix}{name} {flag}"] = [v.numpy() for v in variables]
    return found


@program
def assigned_slices(tf: Any) -> Any:
    v1 = tf.compat.v1
    found: dict[str, Any] = {}
    for by_resource in (False, True):
        with tf.Graph().as_default():
            table = v1.get_variable("r", initializer=tf.zeros([4, 3]), use_resource=by_resource)
            steps = {
                "row": table[0].assign([9.0, 8.0, 7.0]),
                "column": table[1:, 0].assign([1.0, 2.0, 3.0]),
                "scatter": v1.scatter_nd_update(table, [[1], [2]], [[1.0] * 3, [2.0] * 3]),
                "add": v1.scatter_nd_add(table, [[2], [2]], [[1.0] * 3, [2.0] * 3]),
            }
            with v1.Session() as session:
                session.run(v1.global_variables_initializer())
                for name, step in steps.items():
                    found[f"{name} {by_resource}"] = session.run([step, table])
    return found


def plain(value: Any) -> Any:
    """A result as JSON can hold it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float):
        return float(np.float32(value)) if np.isfinite(value) else repr(value)
    return value.decode() if isinstance(value, bytes) else value


def main() -> None:
    import tensorflow as tf

    names = sys.argv[1:] or sorted(PROGRAMS)
    recorded = json.loads(RECORDED.read_text()) if sys.argv[1:] else {}
    recorded.update({name: plain(PROGRAMS[name](tf)) for name in names})
    recorded = dict(sorted(recorded.items()))
    lines = [f'"{name}": {json.dumps(result)}' for name, result in recorded.items()]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    sys.exit(main())
