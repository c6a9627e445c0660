"""What `strategy.extended` does, scopes, and which strategy is in force."""

from __future__ import annotations

from typing import Any

from tests.oracle.replicas.harness import Run, program


@program(replicas=4)
def reduce_to(t: Run) -> Any:
    v = t.variable(1.0)

    def across(x: Any) -> Any:
        with t.strategy.scope():
            extended = t.strategy.extended
            return [
                extended.reduce_to("SUM", x, v),
                extended.reduce_to("MEAN", x, "/device:CPU:1"),
                extended.batch_reduce_to("SUM", [(x, v), (x, x)]),
            ]

    return [
        t.strategy.experimental_local_results(r)[0] for r in _flat(t.function(across)(t.numbers()))
    ]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]


@program(modes=("eager",))
def reduce_to_errors(t: Run) -> Any:
    extended = t.strategy.extended
    x = t.numbers()
    found = [t.attempt(lambda: extended.reduce_to("SUM", x, "/cpu:0"))]
    with t.strategy.scope():
        found.append(t.attempt(lambda: extended.reduce_to("max", x, "/cpu:0")))
        found.append(t.attempt(lambda: extended.reduce_to("SUM", x, "")))
    return found


@program()
def update_with_mirrored_values(t: Run) -> Any:
    v = t.variable(1.0)

    def across(x: Any) -> Any:
        with t.strategy.scope():
            extended = t.strategy.extended
            total = extended.reduce_to("SUM", x, v)
            return extended.update(
                v,
                lambda c, d, scale: c.assign_add(d * scale).read_value(),
                (total,),
                {"scale": 3.0},
            )

    result = t.function(across)(t.numbers())
    return [t.strategy.experimental_local_results(result), v]


@program()
def update_ungrouped(t: Run) -> Any:
    v = t.variable(1.0)

    def across() -> Any:
        with t.strategy.scope():
            extended = t.strategy.extended
            return extended.update(v, lambda c: c.assign_add(1.0).read_value(), group=False)

    return [t.function(across)(), v]


@program(modes=("eager",))
def update_non_slot(t: Run) -> Any:
    v, w = t.variable(1.0), t.variable(2.0)
    with t.strategy.scope():
        extended = t.strategy.extended
        where = extended.non_slot_devices([v, w])
        result = extended.update_non_slot(where, lambda x: x * 2.0, (t.tf.constant(2.0),))
        apart = extended.update_non_slot(where, lambda: 3, group=False)
    return [list(where), t.strategy.experimental_local_results(result), apart]


@program(modes=("eager",))
def broadcast_to(t: Run) -> Any:
    v = t.variable(1.0)
    with t.strategy.scope():
        extended = t.strategy.extended
        return [
            extended.broadcast_to(t.tf.constant(2.0), v),
            extended.broadcast_to(3.0, v),
            t.strategy.experimental_local_results(extended.broadcast_to(4.0, v)),
        ]


@program()
def call_for_each_replica(t: Run) -> Any:
    def across(x: Any) -> Any:
        with t.strategy.scope():
            return t.strategy.extended.call_for_each_replica(lambda a, b: a * b, (x,), {"b": x})

    outside = t.attempt(lambda: t.strategy.extended.call_for_each_replica(lambda: 1))
    return [t.function(across)(t.numbers()), outside]


@program(modes=("eager",))
def colocate_vars_with(t: Run) -> Any:
    v = t.variable(1.0)
    other = t.tf.Variable(1.0)

    def colocated(with_what: Any) -> Any:
        with t.strategy.scope(), t.strategy.extended.colocate_vars_with(with_what):
            w = t.tf.Variable(2.0)
        return [c.device for c in w.values]

    return [colocated(v), t.attempt(lambda: colocated(other))["error"]]


@program(modes=("eager",))
def extended_facts(t: Run) -> Any:
    e = t.strategy.extended
    return [
        list(e.worker_devices),
        list(e.parameter_devices),
        e.experimental_require_static_shapes,
        t.strategy.num_replicas_in_sync,
        t.strategy.cluster_resolver is None,
        e.should_checkpoint,
        e.should_save_summary,
        e.experimental_between_graph,
    ]


@program(modes=("eager",))
def scopes(t: Run) -> Any:
    ds = t.tf.distribute
    other = ds.MirroredStrategy(["CPU:2", "CPU:3"])
    found = [ds.has_strategy(), ds.get_strategy().num_replicas_in_sync]
    with t.strategy.scope() as inside:
        found += [inside is t.strategy, ds.has_strategy(), ds.in_cross_replica_context()]
        found.append(ds.get_replica_context() is None)
        with t.strategy.scope():
            found.append(ds.get_strategy() is t.strategy)

        def enter(strategy: Any) -> Any:
            with strategy.scope():
                return "entered"

        found.append(t.attempt(lambda: enter(other))["error"])
        found.append(t.attempt(lambda: other.run(lambda: 1))["error"])
        found.append(t.attempt(lambda: ds.experimental_set_strategy(other)))
    found.append(ds.has_strategy())
    return found


@program(modes=("eager",))
def scopes_inside_of_replicas(t: Run) -> Any:
    ds = t.tf.distribute

    def fn() -> Any:
        with t.strategy.scope():
            return ds.in_cross_replica_context()

    return t.attempt(lambda: t.strategy.run(fn))


@program(modes=("eager",))
def setting_a_strategy(t: Run) -> Any:
    ds = t.tf.distribute
    found = []
    ds.experimental_set_strategy(t.strategy)
    try:
        found += [ds.has_strategy(), ds.get_strategy() is t.strategy, ds.in_cross_replica_context()]
        v = t.tf.Variable(1.0)
        found += [type(v).__name__, t.strategy.run(lambda: v * 2.0)]
        with t.strategy.scope():
            found.append(t.attempt(lambda: ds.experimental_set_strategy(None)))
    finally:
        ds.experimental_set_strategy(None)
    return [*found, ds.has_strategy()]


@program(modes=("eager",))
def devices(t: Run) -> Any:
    make = t.tf.distribute.MirroredStrategy
    return [
        list(make(["CPU:1", "/cpu:3"]).extended.worker_devices),
        t.attempt(lambda: make(["CPU:0", "CPU:0"]))["error"],
        make(["CPU:1"]).run(lambda: t.tf.constant(1.0) + 1.0),
        [c.device for c in t.variable(1.0).values],
    ]


@program(modes=("eager",))
def cross_device_ops(t: Run) -> Any:
    ds = t.tf.distribute
    found = []
    for ops in (ds.ReductionToOneDevice(), ds.HierarchicalCopyAllReduce(num_packs=2)):
        strategy = ds.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=ops)
        value = strategy.experimental_distribute_values_from_function(
            lambda c: t.tf.constant(c.replica_id_in_sync_group + 1.0)
        )
        found.append(strategy.reduce("SUM", value, None))
    return found
