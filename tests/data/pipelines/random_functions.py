"""Random ops in functions of datasets that are iterated several times, one after another or at
once."""

from __future__ import annotations

from typing import Any

from tests.data.pipelines.tables import PIPELINES, add


def draws(tf: Any, count: int = 4) -> Any:
    return tf.data.Dataset.range(count).map(lambda _: tf.random.uniform([], seed=5))


def captured(tf: Any, dataset: Any) -> Any:
    return tf.data.Dataset.range(2).flat_map(lambda _: dataset)


def twice(build: Any) -> Any:
    return lambda tf, d: build(tf, d, draws(tf))


add(
    PIPELINES,
    random_repeated=twice(lambda tf, d, r: r.repeat(3)),
    random_beside_itself=twice(lambda tf, d, r: d.zip((r, r))),
    random_beside_itself_nested=twice(lambda tf, d, r: d.zip((r, d.zip((r, r))))),
    random_beside_itself_mapped=twice(lambda tf, d, r: d.zip((r, r.map(lambda x: x * 2.0)))),
    random_beside_itself_ahead=twice(lambda tf, d, r: d.zip((r.prefetch(2), r))),
    random_beside_itself_repeated=twice(lambda tf, d, r: d.zip((r, r)).repeat(2)),
    random_after_itself=twice(lambda tf, d, r: r.concatenate(r)),
    random_after_itself_repeated=twice(lambda tf, d, r: r.repeat(2).concatenate(r.repeat(2))),
    random_parts_joined=twice(lambda tf, d, r: r.take(2).concatenate(r.skip(2))),
    random_chosen_of_itself=twice(
        lambda tf, d, r: d.choose_from_datasets([r, r], d.range(8).map(lambda x: x % 2))
    ),
    random_sampled_of_itself=twice(
        lambda tf, d, r: d.sample_from_datasets([r, r], [0.5, 0.5], seed=1)
    ),
    random_captured=twice(lambda tf, d, r: captured(tf, r)),
    random_captured_and_beside=twice(lambda tf, d, r: d.zip((r, captured(tf, r)))),
    random_captured_by_two=twice(lambda tf, d, r: d.zip((captured(tf, r), captured(tf, r)))),
    random_captured_interleaved=twice(
        lambda tf, d, r: d.range(2).interleave(lambda _: r, cycle_length=2)
    ),
    random_inside_beside_itself=lambda tf, d: d.zip(
        (d.range(2).flat_map(lambda _: draws(tf)),) * 2
    ),
    random_inside_interleaved=lambda tf, d: d.range(2).interleave(
        lambda _: draws(tf), cycle_length=2
    ),
    random_cached_beside_itself=twice(lambda tf, d, r: d.zip((r.cache(), r)).repeat(2)),
    random_reduced_in_map=twice(
        lambda tf, d, r: d.range(3).map(lambda _: r.reduce(0.0, lambda a, b: a + b))
    ),
    random_shuffles_in_map=lambda tf, d: d.zip(
        (d.range(3).map(lambda _: tf.random.shuffle(tf.range(4), seed=3)),) * 2
    ),
    random_filter_beside_itself=lambda tf, d: d.zip(
        (d.range(20).filter(lambda _: tf.random.uniform([], seed=5) < 0.5),) * 2
    ),
    random_scan_beside_itself=lambda tf, d: d.zip(
        (d.range(4).scan(0.0, lambda s, _: (s + tf.random.uniform([], seed=5), s)),) * 2
    ),
)
