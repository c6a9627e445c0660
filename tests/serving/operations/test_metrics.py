"""Counters, histograms, gauges, and their text as Prometheus's own parser reads it."""

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tidefall.serving.operations.metrics import Registry, exponential


def read(registry) -> dict[tuple[str, ...], float]:
    """Values by the name of the sample and its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(registry.render().decode())
        for sample in family.samples
    }


def test_a_counter_counts_by_labels():
    registry = Registry()
    family = registry.counter("c_total", "help", ["a", "b"])
    family.of("1", "2").add()
    family.of("1", "2").add(2)
    family.of("1", "3").add()
    assert read(registry) == {("c_total", "1", "2"): 3, ("c_total", "1", "3"): 1}


def test_a_histogram_counts_values_up_to_each_limit():
    registry = Registry()
    family = registry.histogram("h", "help", ["a"], [1, 2.5])
    for value in (0.5, 1, 2, 2.5, 3):
        family.of("x").observe(value)
    assert read(registry) == {
        ("h_bucket", "x", "1"): 2,
        ("h_bucket", "x", "2.5"): 4,
        ("h_bucket", "x", "+Inf"): 5,
        ("h_sum", "x"): 9,
        ("h_count", "x"): 5,
    }


def test_a_gauge_is_read_when_asked():
    registry, values = Registry(), {("m",): 1.5}
    registry.gauge("g", "help", ["model"], lambda: values)
    assert read(registry) == {("g", "m"): 1.5}
    values[("m",)] = 2**53
    assert read(registry) == {("g", "m"): 2**53}
    values.clear()
    assert read(registry) == {}


def test_what_cannot_be_read_is_left_out():
    registry = Registry()
    registry.gauge("broken", "help", [], lambda: {(): 1 // 0})
    registry.gauge("g", "help", [], lambda: {(): 1})
    assert read(registry) == {("g",): 1}


@pytest.mark.parametrize(
    "value", ['quote"', "back\\slash", "new\nline", '"} 1\nevil{x="', "\ud800", "é\u2028", ""]
)
def test_hostile_labels_stay_labels(value):
    registry = Registry()
    registry.counter("c_total", 'a "help"\nwith \\ all', ["name"]).of(value).add()
    (key,) = read(registry)
    assert key == ("c_total", value.replace("\ud800", "?"))


def test_the_number_of_series_is_bounded():
    registry = Registry()
    family = registry.counter("c_total", "help", ["a"])
    for index in range(2001):
        family.of(str(index)).add()
    found = read(registry)
    assert len(found) == 2000
    assert ("c_total", "0") not in found


def test_series_can_be_forgotten_by_some_of_their_labels():
    registry = Registry()
    family = registry.counter("c_total", "help", ["model", "version", "status"])
    for values in [("m", "1", "OK"), ("m", "1", "NOT_FOUND"), ("m", "2", "OK"), ("n", "1", "OK")]:
        family.of(*values).add()
    family.forget(version="1", model="m")
    assert {key[1:3] for key in read(registry)} == {("m", "2"), ("n", "1")}


@pytest.mark.parametrize(
    ("name", "labels"), [("1a", []), ("a b", []), ("a", ["b:c"]), ("a", ["1"]), ("taken", [])]
)
def test_bad_and_taken_names_are_refused(name, labels):
    registry = Registry()
    registry.counter("taken", "help")
    with pytest.raises(ValueError, match=name):
        registry.counter(name, "help", labels)


def test_the_labels_must_be_all_there():
    with pytest.raises(ValueError, match="has the labels"):
        Registry().counter("c", "help", ["a"]).of("1", "2")


def test_no_count_is_lost_between_threads():
    registry = Registry()
    counter = registry.counter("c_total", "help", ["a"])
    histogram = registry.histogram("h", "help", ["a"], [1])

    def work():
        for index in range(2000):
            counter.of(str(index % 3)).add()
            histogram.of("x").observe(index % 2 * 2)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(series.value for _, series in counter.items()) == 16000
    assert histogram.of("x").snapshot() == ([8000, 8000], 16000)


def test_exponential_limits_are_those_of_tensorflow_serving():
    limits = exponential(10, 1.8, 33)
    assert [f"{x:.6g}" for x in limits[:6]] == ["10", "18", "32.4", "58.32", "104.976", "188.957"]
    assert len(limits) == 33
