"""What replicas return, and how their values are brought together."""

from __future__ import annotations

import itertools
from typing import Any

from tests.oracle.replicas.harness import Run, printed, program

# ---- run ----


@program()
def run_returns_nests(t: Run) -> Any:
    def fn(x: Any) -> Any:
        return {"a": x + 1.0, "b": [x * 2.0, (x, 3.0)], "none": None}

    return t.run(fn, t.numbers())


@program(replicas=4)
def run_with_kwargs(t: Run) -> Any:
    call = t.function(lambda x: t.strategy.run(lambda a, *, b: a - b, (x,), {"b": x * 3.0}))
    return call(t.numbers())


@program()
def run_gives_all_replicas_what_is_one_for_all(t: Run) -> Any:
    x = t.tf.constant([1.0, 2.0])
    return t.run(lambda a, b: a + b, x, t.numbers())


@program()
def run_of_a_function_inside_a_function(t: Run) -> Any:
    step = t.tf.function(lambda x: x * t.tf.cast(t.context().replica_id_in_sync_group + 1, x.dtype))
    return t.run(step, t.numbers())


@program(replicas=4)
def replica_ids(t: Run) -> Any:
    return t.run(lambda: [t.context().replica_id_in_sync_group, t.context().num_replicas_in_sync])


@program()
def run_refuses_arguments_that_are_no_list(t: Run) -> Any:
    return t.attempt(lambda: t.strategy.run(lambda x: x, t.tf.constant(1.0)))


@program()
def run_inside_of_a_replica(t: Run) -> Any:
    return t.attempt(lambda: t.run(lambda: t.strategy.run(lambda: t.tf.constant(1.0))))


@program()
def run_returning_different_nests(t: Run) -> Any:
    def fn() -> Any:
        context = t.context()
        return {"x": t.tf.ones([2]) * t.tf.cast(context.replica_id_in_sync_group, "float32")}

    return t.run(fn)


@program(modes=("eager",))
def control_flow_of_each_replica(t: Run) -> Any:
    def fn(x: Any) -> Any:
        return x if float(x) > 1.5 else -x

    return t.run(fn, t.numbers())


@program()
def conditions_in_replicas(t: Run) -> Any:
    return t.run(lambda x: t.tf.cond(x > 1.5, lambda: x, lambda: -x), t.numbers())


@program()
def loops_in_replicas(t: Run) -> Any:
    tf = t.tf

    def fn(x: Any) -> Any:
        return tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * x), (0, x))[1]

    return t.run(fn, t.numbers())


@program(modes=("eager",))
def printing(t: Run) -> Any:
    value = t.tf.distribute.DistributedValues
    x = t.numbers()
    return [printed(x), repr(x), isinstance(x, value)]


@program()
def local_results(t: Run) -> Any:
    results = t.strategy.experimental_local_results
    return [results(t.numbers()), results(t.tf.constant(3.0)), results({"a": t.numbers()})]


# ---- reduce ----

for _op, _axis in itertools.product(("SUM", "MEAN"), (None, 0, 1, (0, 1), -1)):

    def _reduce(t: Run, op: Any = _op, axis: Any = _axis) -> Any:
        value = t.each(lambda i: t.tf.reshape(t.tf.range(6.0), [2, 3]) * (i + 1.0))
        return t.function(lambda v: t.strategy.reduce(op, v, axis))(value)

    program(replicas=4, name=f"reduce[{_op}-{_axis}]")(_reduce)

for _op in ("SUM", "MEAN"):
    for _dtype in ("int32", "int64", "float64", "float16", "bfloat16", "bool", "complex64"):

        def _reduce_dtype(t: Run, op: Any = _op, dtype: Any = _dtype) -> Any:
            value = t.each(lambda i: t.tf.cast(t.tf.constant([0.0, 1.0, 5.0]) + i, dtype))
            return t.attempt(lambda: t.function(lambda v: t.strategy.reduce(op, v, None))(value))

        program(name=f"reduce_dtype[{_op}-{_dtype}]")(_reduce_dtype)


@program()
def mean_of_parts_of_different_lengths(t: Run) -> Any:
    value = t.each(lambda i: t.tf.range(1.0, 3.0 + i))
    return t.function(lambda v: t.strategy.reduce("MEAN", v, 0))(value)


@program()
def reduce_nests(t: Run) -> Any:
    value = {"a": t.numbers(), "b": (t.numbers(3.0), t.numbers(5.0))}
    return t.function(lambda v: t.strategy.reduce("SUM", v, None))(value)


@program()
def reduce_what_is_one_for_all(t: Run) -> Any:
    x = t.tf.constant(3.0)
    reduce = t.strategy.reduce
    return [
        t.attempt(lambda: t.function(lambda: reduce("MEAN", x, None))()),
        t.attempt(lambda: t.function(lambda: reduce("SUM", x, None))()),
    ]


@program(modes=("eager",))
def reduce_errors(t: Run) -> Any:
    return [
        t.attempt(lambda: t.strategy.reduce("MEAN", t.numbers(), 0)),
        t.attempt(lambda: t.strategy.reduce("MEAN", t.numbers(), "0")),
        t.attempt(lambda: t.strategy.reduce("max", t.numbers(), None)),
    ]


@program()
def reduce_indexed_slices(t: Run) -> Any:
    tf = t.tf

    def fn(x: Any) -> Any:
        return tf.IndexedSlices(tf.reshape(x, [1, 1]), tf.constant([1]), tf.constant([3, 1]))

    def both(x: Any) -> Any:
        slices = t.strategy.run(fn, (x,))
        return [
            tf.convert_to_tensor(t.strategy.reduce("SUM", slices, None)),
            tf.convert_to_tensor(t.strategy.reduce("MEAN", slices, None)),
        ]

    return t.function(both)(t.numbers())


# ---- gather ----

for _axis in (0, 1, -1):

    def _gather(t: Run, axis: Any = _axis) -> Any:
        value = t.each(lambda i: t.tf.reshape(t.tf.range(6), [2, 3]) + 10 * i)
        return t.function(lambda v: t.strategy.gather(v, axis))(value)

    program(name=f"gather[{_axis}]")(_gather)


@program()
def gather_different_lengths(t: Run) -> Any:
    value = t.each(lambda i: t.tf.range(i + 1))
    return t.function(lambda v: t.strategy.gather(v, 0))(value)


@program()
def gather_nests(t: Run) -> Any:
    value = {"a": t.each(lambda i: t.tf.fill([1, 2], i)), "b": [t.each(lambda i: t.tf.ones([i]))]}
    return t.function(lambda v: t.strategy.gather(v, 0))(value)


@program()
def gather_text_and_bools(t: Run) -> Any:
    value = t.each(lambda i: (t.tf.constant([f"text {i}"]), t.tf.constant([bool(i)])))
    return t.function(lambda v: t.strategy.gather(v, 0))(value)


@program(modes=("eager",))
def gather_errors(t: Run) -> Any:
    tf = t.tf
    slices = t.each(
        lambda i: tf.IndexedSlices(tf.ones([1, 1]), tf.constant([0]), tf.constant([2, 1]))
    )
    return [
        t.attempt(lambda: t.strategy.gather(t.numbers(), 0)),
        t.attempt(lambda: t.strategy.gather(slices, 0)),
        t.attempt(lambda: t.strategy.gather(t.each(lambda i: tf.ones([2, i + 1])), 0)),
    ]


# ---- merge_call ----


@program()
def merge_call_sees_nests(t: Run) -> Any:
    def merged(strategy: Any, value: Any, *, scale: Any) -> Any:
        total = strategy.reduce("SUM", value["a"], None)
        return {"total": total * scale, "other": value["b"][0]}

    def fn(x: Any) -> Any:
        value = {"a": x, "b": [x + 10.0]}
        return t.context().merge_call(merged, args=(value,), kwargs={"scale": 2.0})

    return t.run(fn, t.numbers())


@program()
def several_merge_calls(t: Run) -> Any:
    def mean(strategy: Any, v: Any) -> Any:
        return strategy.reduce("MEAN", v, None)

    def fn(x: Any) -> Any:
        first = t.context().merge_call(mean, args=(x,))
        second = t.context().merge_call(mean, args=(x * first,))
        return first + second * x

    return t.run(fn, t.numbers())


@program()
def merge_call_is_cross_replica(t: Run) -> Any:
    seen = []

    def merged(strategy: Any) -> None:
        ds = t.tf.distribute
        seen.append([ds.in_cross_replica_context(), ds.get_replica_context() is None])
        seen.append([ds.has_strategy(), ds.get_strategy() is strategy])

    def fn() -> Any:
        t.context().merge_call(merged)
        return t.tf.distribute.in_cross_replica_context()

    inside = t.run(fn)
    return [seen[:2], inside, t.tf.distribute.in_cross_replica_context()]


@program(modes=("eager",))
def different_numbers_of_merge_calls(t: Run) -> Any:
    def fn(x: Any) -> Any:
        if float(x) > 1.5:
            t.context().merge_call(lambda strategy: None)
        return x

    return [t.attempt(lambda: t.run(fn, t.numbers())), t.run(lambda x: x, t.numbers())]


@program(modes=("eager",))
def one_replica_fails(t: Run) -> Any:
    def fail_later(x: Any) -> Any:
        t.context().merge_call(lambda strategy: None)
        if float(x) > 1.5:
            raise ValueError("the second replica")
        t.context().merge_call(lambda strategy: None)

    def fail_in_merge(x: Any) -> Any:
        def merged(strategy: Any) -> Any:
            raise KeyError("merged")

        t.context().merge_call(merged)

    return [
        t.attempt(lambda: t.run(fail_later, t.numbers())),
        t.attempt(lambda: t.run(fail_in_merge, t.numbers())),
        t.run(lambda x: t.context().all_reduce("sum", x), t.numbers()),
    ]


@program(modes=("function",))
def one_replica_fails_while_running(t: Run) -> Any:
    tf = t.tf

    def fn(x: Any) -> Any:
        with tf.control_dependencies([tf.debugging.assert_less(x, 1.5, message="too much")]):
            return t.context().all_reduce("sum", tf.identity(x))

    first = t.attempt(lambda: t.run(fn, t.numbers()))
    return [first["error"], "too much" in first["message"], t.run(fn, t.numbers(0.0))]


@program()
def what_replicas_capture(t: Run) -> Any:
    x = t.tf.constant(5.0)
    y = t.numbers()
    return t.function(lambda y: t.strategy.run(lambda z: z + x * 2.0, (y,)))(y)


# ---- all_reduce, all_gather ----

_VALUES = {
    "float32": lambda tf, x: x,
    "int32": lambda tf, x: tf.cast(x, tf.int32),
    "int64": lambda tf, x: tf.cast(x, tf.int64),
    "float16": lambda tf, x: tf.cast(x, tf.float16),
    "bfloat16": lambda tf, x: tf.cast(x, tf.bfloat16),
    "float64": lambda tf, x: tf.cast(x, tf.float64),
    "nest": lambda tf, x: {"a": x, "b": [tf.stack([x, x * 2.0]), (tf.cast(x, tf.int32),)]},
    "vector": lambda tf, x: tf.stack([x, -x]),
    "bool": lambda tf, x: x > 1.5,
    "empty": lambda tf, x: [],
    "slices": lambda tf, x: tf.IndexedSlices(
        tf.stack([[x], [x]]), tf.constant([0, 2]), tf.constant([3, 1])
    ),
}

for _op, _name in itertools.product(("SUM", "MEAN"), _VALUES):

    def _all_reduce(t: Run, op: Any = _op, name: Any = _name) -> Any:
        def fn(x: Any) -> Any:
            found = t.context().all_reduce(op, _VALUES[name](t.tf, x))
            return t.tf.convert_to_tensor(found) if name == "slices" else found

        return t.attempt(lambda: t.run(fn, t.numbers()))

    program(replicas=4, name=f"all_reduce[{_op}-{_name}]")(_all_reduce)

for _op in ("SUM", "MEAN"):

    def _gradient(t: Run, op: Any = _op) -> Any:
        tf = t.tf

        def fn(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = t.context().all_reduce(op, x * x) * x
            return y, tape.gradient(y, x)

        return t.run(fn, t.numbers())

    program(replicas=4, name=f"gradient_through_all_reduce[{_op}]")(_gradient)


@program()
def synchronized_moments(t: Run) -> Any:
    tf = t.tf

    def fn(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            mean, square = t.context().all_reduce(
                "MEAN", [tf.reduce_mean(x, 0), tf.reduce_mean(x * x, 0)]
            )
            y = (x - mean) * tf.math.rsqrt(square - mean * mean + 1e-3)
            loss = tf.reduce_sum(y**3)
        return y, tape.gradient(loss, x)

    value = t.each(lambda i: tf.constant([[1.0, 2.0], [3.0, 5.0]]) * (i + 1.0) + 0.5 * i)
    return t.run(fn, value)


for _axis in (0, 1):

    def _all_gather(t: Run, axis: Any = _axis) -> Any:
        def fn(x: Any) -> Any:
            value = x * t.tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
            return t.context().all_gather(value, axis)

        return t.run(fn, t.numbers())

    program(replicas=4, name=f"all_gather[{_axis}]")(_all_gather)


@program()
def all_gather_nests(t: Run) -> Any:
    def fn(x: Any) -> Any:
        return t.context().all_gather({"a": t.tf.stack([x]), "b": t.tf.stack([x > 1.5])}, 0)

    return t.run(fn, t.numbers())


@program()
def all_gather_different_lengths(t: Run) -> Any:
    return t.run(lambda x: t.context().all_gather(x, 0), t.each(lambda i: t.tf.range(i + 1)))


@program()
def all_gather_scalars(t: Run) -> Any:
    return t.attempt(lambda: t.run(lambda x: t.context().all_gather(x, 0), t.numbers()))


@program()
def replica_context_methods_outside_of_it(t: Run) -> Any:
    kept: list[Any] = []
    t.run(lambda: kept.append(t.context()))
    return [
        t.attempt(lambda: kept[0].merge_call(lambda s: None)),
        t.attempt(lambda: kept[0].all_reduce("sum", t.tf.constant(1.0))),
    ]


# ---- losses ----


@program()
def losses(t: Run) -> Any:
    nn = t.tf.nn

    def fn(x: Any) -> Any:
        loss = t.tf.stack([x, x * 2.0, x * 3.0])
        return [
            nn.compute_average_loss(loss),
            nn.compute_average_loss(loss, global_batch_size=12),
            nn.compute_average_loss(loss, sample_weight=[1.0, 0.0, 2.0], global_batch_size=6),
            nn.scale_regularization_loss(loss),
        ]

    return t.run(fn, t.numbers())


@program(modes=("eager",))
def losses_in_cross_replica_context(t: Run) -> Any:
    with t.strategy.scope():
        return [
            t.attempt(lambda: t.tf.nn.compute_average_loss([1.0], global_batch_size=2)),
            t.attempt(lambda: t.tf.nn.scale_regularization_loss([1.0])),
        ]


# ---- random numbers ----


@program()
def random_numbers_differ_between_replicas(t: Run) -> Any:
    def fn() -> Any:
        return t.tf.random.normal([3])

    first, second = (t.strategy.experimental_local_results(t.run(fn)) for _ in range(2))
    return [bool(t.tf.reduce_all(first[0] == other)) for other in (first[1], second[0])]


@program(modes=("function",))
def random_numbers_are_repeatable(t: Run) -> Any:
    draws = []
    for _ in range(2):
        t.tf.random.set_seed(7)
        draws.append(t.strategy.gather(t.run(lambda: t.tf.random.normal([3], seed=3)), 0))
    return bool(t.tf.reduce_all(draws[0] == draws[1]))


@program()
def stateless_random_numbers(t: Run) -> Any:
    def fn() -> Any:
        seed = t.tf.stack([1, t.context().replica_id_in_sync_group])
        return t.tf.random.stateless_uniform([2], seed)

    return t.run(fn)
