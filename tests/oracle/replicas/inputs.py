"""Datasets whose elements are spread over replicas."""

from __future__ import annotations

import itertools
import tempfile
from typing import Any

from tests.oracle.replicas.harness import Run, plain, program


def _all(t: Run, dataset: Any) -> list[Any]:
    """The elements as what each replica gets of them."""
    return [plain(t.strategy.experimental_local_results(x)) for x in dataset]


for _n, _rows, _batch, _drop in itertools.product((2, 4), (10, 8, 7, 1), (4, 3), (False, True)):

    def _batches(t: Run, rows: Any = _rows, batch: Any = _batch, drop: Any = _drop) -> Any:
        dataset = t.tf.data.Dataset.range(rows).batch(batch, drop_remainder=drop)
        spread = t.strategy.experimental_distribute_dataset(dataset)
        return _all(t, spread)

    program(replicas=_n, modes=("eager",), name=f"batches[{_n}-{_rows}-{_batch}-{_drop}]")(_batches)


@program(modes=("eager",))
def nests(t: Run) -> Any:
    tf = t.tf
    columns = {
        "a": tf.reshape(tf.range(12), [6, 2]),
        "b": (tf.range(6.0), tf.constant(list("abcdef"))),
    }
    spread = t.strategy.experimental_distribute_dataset(
        tf.data.Dataset.from_tensor_slices(columns).batch(4)
    )
    return _all(t, spread)


@program(modes=("eager",))
def ragged_elements(t: Run) -> Any:
    tf = t.tf
    rows = tf.ragged.constant([[1], [2, 3], [], [4, 5, 6], [7]])
    dataset = tf.data.Dataset.from_tensor_slices(rows).batch(4)
    spread = t.strategy.experimental_distribute_dataset(dataset)
    return [
        next([v.to_list() for v in t.strategy.experimental_local_results(x)] for x in spread),
    ]


@program(modes=("eager",))
def shuffled_and_repeated(t: Run) -> Any:
    dataset = t.tf.data.Dataset.range(8).repeat(2).batch(4).map(lambda x: x * 2).prefetch(1)
    return _all(t, t.strategy.experimental_distribute_dataset(dataset))


@program(modes=("eager",))
def element_specs(t: Run) -> Any:
    dataset = t.tf.data.Dataset.range(8).batch(4)
    spread = t.strategy.experimental_distribute_dataset(dataset)
    fixed = t.strategy.experimental_distribute_dataset(
        t.tf.data.Dataset.range(8).batch(4, drop_remainder=True)
    )
    return [
        [s.shape.as_list() for s in spread.element_spec._value_specs],
        [s.shape.as_list() for s in fixed.element_spec._value_specs],
        [s.shape.as_list() for s in iter(spread).element_spec._value_specs],
        spread.cardinality(),
        len(spread),
        isinstance(spread, t.tf.distribute.DistributedDataset),
        isinstance(iter(spread), t.tf.distribute.DistributedIterator),
    ]


@program(modes=("eager",))
def datasets_that_are_not_batched(t: Run) -> Any:
    dataset = t.tf.data.Dataset.range(4)
    return t.attempt(lambda: _all(t, t.strategy.experimental_distribute_dataset(dataset)))


@program(modes=("eager",))
def datasets_from_a_function(t: Run) -> Any:
    seen = []

    def make(context: Any) -> Any:
        seen.append([context.num_input_pipelines, context.input_pipeline_id])
        seen.append([context.num_replicas_in_sync, context.get_per_replica_batch_size(8)])
        return t.tf.data.Dataset.range(10).batch(context.get_per_replica_batch_size(6))

    return [_all(t, t.strategy.distribute_datasets_from_function(make)), seen]


@program(modes=("eager",))
def datasets_from_a_function_for_each_replica(t: Run) -> Any:
    ds = t.tf.distribute
    options = ds.InputOptions(
        experimental_fetch_to_device=False,
        experimental_replication_mode=ds.InputReplicationMode.PER_REPLICA,
    )

    def make(context: Any) -> Any:
        return t.tf.data.Dataset.range(5).map(lambda x: x + 10 * context.input_pipeline_id).batch(2)

    return _all(t, t.strategy.distribute_datasets_from_function(make, options))


@program(modes=("eager",))
def replication_for_each_replica_of_one_dataset(t: Run) -> Any:
    ds = t.tf.distribute
    options = ds.InputOptions(
        experimental_replication_mode=ds.InputReplicationMode.PER_REPLICA,
    )
    dataset = t.tf.data.Dataset.range(4).batch(2)
    return t.attempt(lambda: t.strategy.experimental_distribute_dataset(dataset, options))


@program()
def loops_over_datasets(t: Run) -> Any:
    tf = t.tf
    total = t.variable(0, dtype=tf.int64, aggregation=tf.VariableAggregation.SUM)
    dataset = t.strategy.experimental_distribute_dataset(tf.data.Dataset.range(10).batch(4))

    def step(x: Any) -> None:
        total.assign_add(tf.reduce_sum(x))

    def epoch(dataset: Any) -> None:
        for batch in dataset:
            t.strategy.run(step, (batch,))

    epoch = t.function(epoch)
    epoch(dataset)
    first = int(total.numpy())
    epoch(dataset)
    return [first, int(total.numpy())]


@program()
def loops_that_add_up(t: Run) -> Any:
    tf = t.tf
    dataset = t.strategy.experimental_distribute_dataset(
        tf.data.Dataset.range(12)
        .map(lambda x: tf.cast(x, tf.float32))
        .batch(4, drop_remainder=True)
    )

    def epoch(dataset: Any) -> Any:
        total = tf.constant(0.0)
        for batch in dataset:
            losses = t.strategy.run(lambda x: tf.reduce_sum(x * x), (batch,))
            total += t.strategy.reduce("SUM", losses, None)
        return total

    return t.function(epoch)(dataset)


@program()
def iterators_as_arguments(t: Run) -> Any:
    tf = t.tf
    dataset = t.strategy.experimental_distribute_dataset(tf.data.Dataset.range(12).batch(4))

    def two_steps(iterator: Any) -> Any:
        first = t.strategy.run(lambda x: x * 2, (next(iterator),))
        second = t.strategy.run(lambda x: x * 3, (iterator.get_next(),))
        return first, second

    iterator = iter(dataset)
    found = [t.function(two_steps)(iterator), next(iterator)]
    try:
        next(iterator)
    except StopIteration:
        found.append("ended")
    return found


@program()
def optionals(t: Run) -> Any:
    tf = t.tf
    dataset = t.strategy.experimental_distribute_dataset(tf.data.Dataset.range(5).batch(4))
    iterator = iter(dataset)

    def get(iterator: Any) -> Any:
        optional = iterator.get_next_as_optional()
        return optional.has_value()

    call = t.function(get)
    return [iterator.get_next_as_optional().get_value(), call(iterator), call(iterator)]


@program(modes=("function",))
def steps_with_optionals(t: Run) -> Any:
    tf = t.tf
    dataset = t.strategy.experimental_distribute_dataset(tf.data.Dataset.range(5).batch(4))
    total = t.variable(0, dtype=tf.int64, aggregation=tf.VariableAggregation.SUM)

    @tf.function
    def steps(iterator: Any) -> Any:
        for _ in tf.range(3):
            optional = iterator.get_next_as_optional()
            if not optional.has_value():
                break
            t.strategy.run(lambda x: total.assign_add(tf.reduce_sum(x)), (optional.get_value(),))
        return tf.identity(total)

    return steps(iter(dataset))


@program()
def values_from_a_function(t: Run) -> Any:
    seen = []

    def value(context: Any) -> Any:
        seen.append([context.replica_id_in_sync_group, context.num_replicas_in_sync])
        return {"a": t.tf.constant(context.replica_id_in_sync_group), "b": 1}

    found = t.strategy.experimental_distribute_values_from_function(value)
    return [found, t.run(lambda v: v["a"] + 1, found), seen]


@program(modes=("eager",))
def checkpoints_of_iterators(t: Run) -> Any:
    tf = t.tf
    dataset = t.strategy.experimental_distribute_dataset(tf.data.Dataset.range(12).batch(2))
    iterator = iter(dataset)
    next(iterator), next(iterator)
    with tempfile.TemporaryDirectory() as folder:
        path = tf.train.Checkpoint(iterator=iterator).save(f"{folder}/c")
        third = plain(next(iterator))
        other = iter(dataset)
        tf.train.Checkpoint(iterator=other).restore(path)
        again = plain(next(other))
    return [third, again]


@program(modes=("eager",))
def input_contexts(t: Run) -> Any:
    context = t.tf.distribute.InputContext(
        num_input_pipelines=2, input_pipeline_id=1, num_replicas_in_sync=4
    )
    return [
        context.get_per_replica_batch_size(8),
        t.attempt(lambda: context.get_per_replica_batch_size(7)),
        str(context),
    ]
