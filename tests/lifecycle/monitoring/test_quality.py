"""Metrics by labels beside scikit-learn's, and estimates beside the truth that came later."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from tidefall import monitoring
from tidefall.base import errors
from tidefall.lifecycle.monitoring import estimation

HOUR = 3600.0
START = 1_700_000_000.0


@pytest.fixture
def store(tmp_path):
    return monitoring.open_store(tmp_path / "store")


def hour(n):
    return monitoring.Window(START + n * HOUR, START + (n + 1) * HOUR)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def add(store, n, inputs, outputs, labels=None, status="OK", late=60.0):
    count = len(next(iter({**inputs, **outputs}.values()), [0]))
    times = START + n * HOUR + np.arange(count) * (HOUR / count)
    ids = store.add_predictions("m", 1, inputs, outputs, times=times, status=status)
    if labels is not None:
        store.add_labels("m", ids, labels, times=times + late)


def classified(draw, count, mean=0.0, overconfident=1.0):
    """A classifier whose scores are right, or too sure of themselves."""
    x = draw.normal(mean, 1, count)
    truth = sigmoid(1.5 * x)
    return {"x": x}, {"p": sigmoid(1.5 * overconfident * x)}, (draw.random(count) < truth)


def value(report, name, segment="", method="labels"):
    [found] = [
        m for m in report.metrics if (m.name, m.segment, m.method) == (name, segment, method)
    ]
    return found


def test_metrics_are_scikit_learns(store):
    inputs, outputs, labels = classified(np.random.default_rng(0), 3000)
    add(store, 0, inputs, outputs, labels.astype(int))
    report = monitoring.quality_report(store, "m", hour(0))
    p = outputs["p"]
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(labels, p >= 0.5),
        "precision": sklearn_metrics.precision_score(labels, p >= 0.5),
        "recall": sklearn_metrics.recall_score(labels, p >= 0.5),
        "f1": sklearn_metrics.f1_score(labels, p >= 0.5),
        "auc": sklearn_metrics.roc_auc_score(labels, p),
    }
    for name, one in expected.items():
        found = value(report, name)
        assert found.value == pytest.approx(one)
        assert found.low < one < found.high and found.high - found.low < 0.1
    assert report.freshness.label_delay == pytest.approx(60)
    assert report.freshness.label_share == 1.0


def test_estimates_hold_what_labels_say_later(store):
    """Under drift of inputs, where nothing else has changed; without a label of the window."""
    draw = np.random.default_rng(1)
    inputs, outputs, labels = classified(draw, 6000, overconfident=2.0)
    add(store, 0, inputs, outputs, labels.astype(int))
    inside = []
    for n, mean in enumerate((-1.5, -0.7, 0.0, 0.7, 1.5), 1):
        inputs, outputs, labels = classified(draw, 3000, mean, overconfident=2.0)
        add(store, n, inputs, outputs)
        report = monitoring.quality_report(store, "m", hour(n), hour(0))
        assert {m.method for m in report.metrics} == {"confidence"}
        true = {
            "accuracy": sklearn_metrics.accuracy_score(labels, outputs["p"] >= 0.5),
            "auc": sklearn_metrics.roc_auc_score(labels, outputs["p"]),
            "f1": sklearn_metrics.f1_score(labels, outputs["p"] >= 0.5),
        }
        for name, one in true.items():
            found = value(report, name, method="confidence")
            inside.append(found.low <= one <= found.high)
            assert found.value == pytest.approx(one, abs=0.05)
            assert 0 < found.error < 0.05
    assert np.mean(inside) >= 0.9


def test_a_loss_is_estimated_where_inputs_drift(store):
    draw = np.random.default_rng(2)

    def predicted(count, low):
        x = draw.uniform(low, 2, count)
        y = 3 * x + draw.normal(0, 0.2 + np.maximum(x, 0), count)
        return {"x": x, "noise": draw.normal(size=count)}, {"y": 3 * x}, y

    add(store, 0, *predicted(4000, -2))
    inputs, outputs, labels = predicted(2000, 1)
    add(store, 1, inputs, outputs)
    report = monitoring.quality_report(store, "m", hour(1), hour(0))
    for name, true in (
        ("mae", np.abs(outputs["y"] - labels).mean()),
        ("rmse", np.sqrt(np.square(outputs["y"] - labels).mean())),
    ):
        found = value(report, name, method="loss")
        assert found.value == pytest.approx(true, rel=0.1)
        assert found.low < true < found.high
        assert found.error > 0
    assert {f.feature for f in report.alerts} == {"mae", "rmse"}


def test_a_drop_is_found_with_its_segment(store):
    draw = np.random.default_rng(3)

    def rows(spoiled):
        zone = draw.choice(["a", "b", "c", "d"], 4000)
        inputs, outputs, labels = classified(draw, 4000)
        wrong = (zone == "b") & (draw.random(4000) < spoiled)
        return {**inputs, "zone": zone}, outputs, np.where(wrong, ~labels, labels).astype(int)

    add(store, 0, *rows(0.0))
    add(store, 1, *rows(0.0))
    add(store, 2, *rows(0.6))
    calm = monitoring.quality_report(store, "m", hour(1), hour(0), segments=["input.zone"])
    assert not calm.alerts
    found = monitoring.quality_report(store, "m", hour(2), hour(0), segments=["input.zone"])
    dropped = {f.segment for f in found.alerts if f.feature == "accuracy" and f.kind == "quality"}
    assert dropped == {"", "input.zone=b"}
    assert found.causes[0].segment == "input.zone=b"
    assert found.causes[0].score > 0.8
    # Scores did not change, so that no estimate can see it: that is what labels are for.
    assert not [f for f in found.alerts if f.kind == "estimated_quality"]


def test_a_change_of_shares_is_told_from_one_of_quality(store):
    draw = np.random.default_rng(4)

    def rows(share):
        hard = draw.random(4000) < share
        right = draw.random(4000) < np.where(hard, 0.6, 0.95)
        labels = draw.random(4000) < 0.5
        p = np.where(labels == right, 0.8, 0.2)
        return {"hard": np.where(hard, "yes", "no")}, {"p": p}, labels.astype(int)

    add(store, 0, *rows(0.1))
    add(store, 1, *rows(0.6))
    report = monitoring.quality_report(store, "m", hour(1), hour(0), segments=["input.hard"])
    assert {f.segment for f in report.alerts if f.feature == "accuracy"} == {""}
    assert "of the rows" in report.causes[0].reason


def test_calibration_over_time(store):
    draw = np.random.default_rng(5)
    add(store, 0, *classified(draw, 4000))
    add(store, 1, *classified(draw, 4000, overconfident=4.0))
    report = monitoring.quality_report(store, "m", hour(1), hour(0), spans=4)
    assert len(report.calibration) == 4
    assert all(point.error > 0.08 and point.count == 1000 for point in report.calibration)
    assert "calibration" in {f.kind for f in report.alerts}
    good = monitoring.quality_report(store, "m", hour(0), spans=4)
    assert all(point.error < 0.05 for point in good.calibration)


def test_classes_are_measured_by_the_class_that_was_chosen(store):
    draw = np.random.default_rng(6)

    def rows(spread):
        logits = draw.normal(0, spread, (3000, 4))
        scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        labels = np.array([draw.choice(4, p=row) for row in scores])
        return {}, {"scores": scores}, labels

    add(store, 0, *rows(1.5))
    _, outputs, labels = rows(0.9)
    add(store, 1, {}, outputs)
    report = monitoring.quality_report(store, "m", hour(1), hour(0))
    true = float((outputs["scores"].argmax(1) == labels).mean())
    found = value(report, "accuracy", method="confidence")
    assert found.value == pytest.approx(true, abs=0.05)
    assert {f.kind for f in report.alerts} == {"estimated_quality"}
    known = monitoring.quality_report(store, "m", hour(0))
    assert value(known, "accuracy").value > true + 0.1


def test_labels_that_are_names(store):
    draw = np.random.default_rng(7)
    inputs, outputs, labels = classified(draw, 500)
    add(store, 0, inputs, outputs, np.where(labels, "yes", "no"))
    found = monitoring.quality_report(store, "m", hour(0), classes=["no", "yes"])
    accuracy = float(((outputs["p"] >= 0.5) == labels).mean())
    assert value(found, "accuracy").value == pytest.approx(accuracy)
    with pytest.raises(errors.InvalidArgumentError, match="name the classes"):
        monitoring.quality_report(store, "m", hour(0))


def test_age_and_what_waits(store, tmp_path):
    add(store, 0, {"x": np.ones(100)}, {"y": np.ones(100)})
    log = tmp_path / "log"
    log.mkdir()
    (log / "a.tfrecord").write_bytes(b"12345")
    last = store.span("m").end
    report = monitoring.quality_report(store, "m", hour(0), log=log, max_age=600.0, now=last + 1000)
    assert report.freshness.event_age == pytest.approx(1000, abs=1e-3)
    assert report.freshness.waiting_bytes == 5
    assert [f.kind for f in report.alerts] == ["freshness"]


def test_an_estimate_takes_enough_labels():
    with pytest.raises(errors.InvalidArgumentError, match="100 rows of two labels"):
        estimation.ConfidenceEstimator(np.zeros(10), np.zeros(10))
    with pytest.raises(errors.InvalidArgumentError, match="100 labelled rows"):
        estimation.LossEstimator(np.zeros((10, 1)), np.zeros(10))


def test_several_outputs_have_to_be_named(store):
    add(store, 0, {}, {"a": np.ones(50), "b": np.ones(50)})
    with pytest.raises(errors.InvalidArgumentError, match=r"output\.a, output\.b"):
        monitoring.quality_report(store, "m", hour(0))
    monitoring.quality_report(store, "m", hour(0), prediction="output.b")
