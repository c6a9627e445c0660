"""Variables of several replicas: every way to change them, and what is read afterwards."""

from __future__ import annotations

import itertools
from typing import Any

from tests.oracle.replicas.harness import Run, plain, program

AGGREGATIONS = ("NONE", "SUM", "MEAN", "ONLY_FIRST_REPLICA")
SYNCHRONIZATIONS = ("AUTO", "ON_WRITE", "ON_READ")
ASSIGNS = ("assign", "assign_add", "assign_sub")
SCATTERS = ("scatter_add", "scatter_sub", "scatter_update", "scatter_mul", "scatter_div")
SCATTERS += ("scatter_min", "scatter_max")


def _made(t: Run, synchronization: str, aggregation: str, value: Any) -> Any:
    return t.variable(
        value,
        synchronization=t.tf.VariableSynchronization[synchronization],
        aggregation=t.tf.VariableAggregation[aggregation],
    )


def _state(t: Run, v: Any) -> Any:
    """The components, and what is read of them in a replica and elsewhere."""
    outside = t.attempt(v.read_value)
    with t.strategy.scope():
        across = t.attempt(v.read_value)
    inside = t.attempt(lambda: t.strategy.run(lambda: v + 0))
    return [plain(v), outside, across, inside]


def _change(t: Run, v: Any, method: str, value: Any) -> Any:
    """Change a variable by a number; rows of it where the method is one of scatter's."""
    if method.startswith("scatter"):
        value = t.tf.IndexedSlices(
            t.tf.stack([value, value * 2.0]), t.tf.constant([0, 2]), t.tf.constant([3])
        )
    getattr(v, method)(value)


for _s, _a, _m in itertools.product(SYNCHRONIZATIONS, AGGREGATIONS, (*ASSIGNS, *SCATTERS)):
    _start: Any = [3.0, 4.0, 5.0] if _m.startswith("scatter") else 3.0
    _case = f"{_s}-{_a}-{_m}"

    def _in_replicas(
        t: Run, s: Any = _s, a: Any = _a, m: Any = _m, start: Any = _start, same: bool = False
    ) -> Any:
        v = _made(t, s, a, start)

        def fn(x: Any) -> None:
            _change(t, v, m, t.tf.constant(2.0) if same else x)

        done = t.attempt(lambda: t.run(fn, t.numbers()))
        return [done, _state(t, v)]

    program(name=f"in_replicas[{_case}]")(_in_replicas)

    def _in_replicas_alike(t: Run, *args: Any, fn: Any = _in_replicas) -> Any:
        return fn(t, same=True)

    if _s != "AUTO":
        program(name=f"in_replicas_alike[{_case}]")(_in_replicas_alike)

    def _across(t: Run, s: Any = _s, a: Any = _a, m: Any = _m, start: Any = _start) -> Any:
        v = _made(t, s, a, start)

        def fn() -> None:
            with t.strategy.scope():
                _change(t, v, m, t.tf.constant(2.0))

        return [t.attempt(t.function(fn)), _state(t, v)]

    if _s != "AUTO":
        program(name=f"across_replicas[{_case}]")(_across)

    def _outside(t: Run, s: Any = _s, a: Any = _a, m: Any = _m, start: Any = _start) -> Any:
        v = _made(t, s, a, start)
        return [t.attempt(lambda: _change(t, v, m, t.tf.constant(2.0))), _state(t, v)]

    if _s != "AUTO":
        program(name=f"outside[{_case}]", modes=("eager",))(_outside)

    def _update(t: Run, s: Any = _s, a: Any = _a, m: Any = _m, start: Any = _start) -> Any:
        v = _made(t, s, a, start)

        def fn() -> None:
            with t.strategy.scope():
                t.strategy.extended.update(
                    v, lambda c, x: _change(t, c, m, x), args=(t.tf.constant(2.0),)
                )

        return [t.attempt(t.function(fn)), _state(t, v)]

    if _s != "AUTO":
        program(name=f"update[{_case}]")(_update)

    def _merged_update(t: Run, s: Any = _s, a: Any = _a, m: Any = _m, start: Any = _start) -> Any:
        v = _made(t, s, a, start)

        def merged(strategy: Any, x: Any) -> None:
            total = strategy.extended.reduce_to("SUM", x, v)
            strategy.extended.update(v, lambda c, x: _change(t, c, m, x), args=(total,))

        done = t.attempt(
            lambda: t.run(lambda x: t.context().merge_call(merged, args=(x,)), t.numbers())
        )
        return [done, _state(t, v)]

    if _s != "AUTO":
        program(replicas=4, name=f"update_in_merge_call[{_case}]")(_merged_update)

for _s, _a, _dtype in itertools.product(
    SYNCHRONIZATIONS[1:], AGGREGATIONS, ("int32", "int64", "bool")
):

    def _other_dtypes(t: Run, s: Any = _s, a: Any = _a, dtype: Any = _dtype) -> Any:
        def made() -> Any:
            return t.attempt(lambda: v.append(_made(t, s, a, t.tf.cast([5, 0], dtype))))

        v: list[Any] = []
        answer = made()
        if not v:
            return answer

        def fn(x: Any) -> None:
            v[0].assign(t.tf.cast(t.tf.stack([x, x * 2.0]), dtype))

        return [t.attempt(lambda: t.run(fn, t.numbers())), _state(t, v[0])]

    program(name=f"dtypes[{_s}-{_a}-{_dtype}]")(_other_dtypes)


@program(modes=("eager",))
def synchronization_none(t: Run) -> Any:
    return t.attempt(lambda: _made(t, "NONE", "NONE", 1.0))


@program()
def reads_after_writes_in_replicas(t: Run) -> Any:
    v = _made(t, "ON_READ", "SUM", 1.0)
    w = _made(t, "ON_WRITE", "MEAN", 1.0)

    def fn(x: Any) -> Any:
        v.assign_add(x)
        w.assign_add(x)
        return v * 2.0, w * 2.0, v.read_value(), w.value()

    return [t.run(fn, t.numbers()), _state(t, v), _state(t, w)]


@program()
def results_of_assignments(t: Run) -> Any:
    v = _made(t, "ON_READ", "SUM", 1.0)
    w = _made(t, "ON_WRITE", "MEAN", 1.0)

    def fn(x: Any) -> Any:
        return [t.tf.identity(v.assign_add(x)), t.tf.identity(w.assign_add(x))]

    return t.run(fn, t.numbers())


@program(modes=("eager",))
def kinds_and_attributes(t: Run) -> Any:
    v = _made(t, "ON_READ", "SUM", 1.0)
    w = _made(t, "ON_WRITE", "MEAN", [1.0, 2.0])
    plain_one = t.tf.Variable(1.0)
    return [
        [type(x).__name__, x.name, x.trainable, x.shape.as_list(), x.dtype.name, x.aggregation.name]
        + [x.synchronization.name, isinstance(x, t.tf.Variable), x.device]
        + [[c.name, c.device] for c in x.values]
        + [t.strategy.extended.variable_created_in_scope(x)]
        for x in (v, w)
    ] + [t.strategy.extended.variable_created_in_scope(plain_one)]


@program(modes=("eager",))
def printing(t: Run) -> Any:
    w = _made(t, "ON_WRITE", "MEAN", [1.0, 2.0])
    return [repr(w), str(w)]


@program(modes=("eager",))
def arithmetic(t: Run) -> Any:
    w = _made(t, "ON_WRITE", "MEAN", [1.0, 2.0])
    s = _made(t, "ON_READ", "SUM", [1.0, 2.0])
    found = []
    for v in (w, s):
        found.append([v + 1.0, 2.0 - v, v * v, -v, v[0], v[1:], t.tf.reduce_sum(v), v.numpy()])
        with t.strategy.scope():
            found.append([v + 1.0, v[0], t.tf.stack([v, v]), t.tf.convert_to_tensor(v)])
    return found


@program(modes=("function",))
def variables_made_inside_of_run(t: Run) -> Any:
    made: list[Any] = []

    def fn(x: Any) -> Any:
        if not made:
            made.append(t.tf.Variable(2.0))
        return made[0] * x

    call = t.tf.function(lambda x: t.strategy.run(fn, (x,)))
    return [call(t.numbers()), call(t.numbers(5.0)), type(made[0]).__name__, made[0]]


@program(modes=("eager",))
def variables_made_inside_of_run_eagerly(t: Run) -> Any:
    made: list[Any] = []

    def fn(x: Any) -> Any:
        v = t.tf.Variable(2.0)
        made.append(v)
        return v * x

    return [t.run(fn, t.numbers()), type(made[0]).__name__, made[0] is made[-1]]


@program()
def gradients_of_mirrored_variables(t: Run) -> Any:
    v = _made(t, "ON_WRITE", "MEAN", 3.0)

    def fn(x: Any) -> Any:
        with t.tf.GradientTape() as tape:
            loss = v * v * x
        slope = tape.gradient(loss, v)
        v.assign_sub(0.1 * t.context().all_reduce("SUM", slope))
        return slope

    return [t.run(fn, t.numbers()), _state(t, v)]


@program()
def changes_of_variables_of_no_strategy(t: Run) -> Any:
    v = t.tf.Variable(1.0)
    inside = t.attempt(lambda: t.run(lambda x: v * x, t.numbers()))
    return [inside, v]


@program()
def embeddings(t: Run) -> Any:
    v = _made(t, "ON_WRITE", "NONE", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ids = t.each(lambda i: t.tf.constant([i, 2]))

    def fn(ids: Any) -> Any:
        with t.tf.GradientTape() as tape:
            loss = t.tf.reduce_sum(t.tf.gather(v, ids) ** 2)
        slope = tape.gradient(loss, v)
        return t.tf.convert_to_tensor(t.context().all_reduce("SUM", slope))

    return t.run(fn, ids)


@program(modes=("function",))
def one_function_with_and_without_the_strategy(t: Run) -> Any:
    v = _made(t, "ON_WRITE", "SUM", 1.0)
    traces = []

    @t.tf.function
    def step(x: Any) -> Any:
        traces.append(1)
        v.assign_add(x)
        return v * x

    first = step(t.tf.constant(1.0))
    second = t.strategy.run(step, (t.numbers(),))
    third = step(t.tf.constant(1.0))
    with t.strategy.scope():
        fourth = step(t.tf.constant(1.0))
    return [first, second, third, fourth, v]


@program(modes=("function",))
def one_function_under_two_strategies(t: Run) -> Any:
    tf = t.tf
    four = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(4)])

    @tf.function
    def step(x: Any) -> Any:
        return t.context().all_reduce("SUM", x)

    one = tf.constant(1.0)
    return [
        step(one),
        t.strategy.run(step, (one,)),
        four.run(step, (one,)),
        t.strategy.run(step, (one,)),
        step(one),
    ]
