"""Metrics of many classes: one class, ranks, averages, matrices, sets; beside scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import plot, value, values
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")
ROWS, CLASSES = 400, 4


def case(seed: int):
    random = np.random.default_rng(seed)
    scores = random.dirichlet(np.ones(CLASSES), ROWS)
    labels = np.array([random.choice(CLASSES, p=0.5 * s + 0.125) for s in scores])
    return labels, scores, random.random(ROWS) + 0.1


def table(y, p, w):
    return pa.table({"y": y if y.ndim == 1 else list(y), "p": list(p), "w": w})


def binarize(**values_):
    options = tfma.BinarizationOptions()
    for name, numbers in values_.items():
        getattr(options, name).values.extend(numbers)
    return options


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_class_is_a_classification_of_two(weighted, dense):
    sk = pytest.importorskip("sklearn.metrics")
    y, p, w = case(1)
    counted = w if weighted else None
    data = table(np.eye(CLASSES)[y] if dense else y, p, w)
    found = values(
        data, [m.AUC(), m.Precision(thresholds=0.3)], weighted=weighted,
        binarize=binarize(class_ids=[0, 2]),
    )  # fmt: skip
    for k in (0, 2):
        area = sk.roc_auc_score(y == k, p[:, k], sample_weight=counted)
        precision = sk.precision_score(y == k, p[:, k] > 0.3, sample_weight=counted)
        assert found[f"auc classId:{k}"] == pytest.approx(area, abs=2e-4)
        assert found[f"precision classId:{k}"] == pytest.approx(precision)
    own = value(data, m.Precision(0.3, class_id=2), weighted=weighted)
    assert own == found["precision classId:2"]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_precision_and_recall_of_the_first_ranks(k, weighted):
    y, p, w = case(2)
    counted = w if weighted else np.ones(ROWS)
    hit = (np.argsort(-p, axis=1)[:, :k] == y[:, None]).any(axis=1)
    found = values(table(y, p, w), [m.Precision(top_k=k), m.Recall(top_k=k)], weighted=weighted)
    assert found == {
        f"precision topK:{k}": pytest.approx((counted * hit).sum() / (k * counted.sum())),
        f"recall topK:{k}": pytest.approx((counted * hit).sum() / counted.sum()),
    }


def test_the_class_of_a_rank():
    y, p, w = case(3)
    found = values(table(y, p, w), [m.Precision(0.3)], binarize=binarize(k_list=[1, 2]))
    order = np.argsort(-p, axis=1)
    for k in (1, 2):
        at = order[:, k - 1]
        said = p[np.arange(ROWS), at] > 0.3
        assert found[f"precision k:{k}"] == pytest.approx((at == y)[said].mean())


WEIGHTS = {0: 1.0, 1: 2.0, 3: 0.5}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["micro_average", "macro_average", "weighted_macro_average"])
def test_averages_over_classes(kind, weighted):
    sk = pytest.importorskip("sklearn.metrics")
    y, p, w = case(4)
    counted = w if weighted else np.ones(ROWS)
    aggregate = tfma.AggregationOptions(**{kind: True}, class_weights=WEIGHTS)
    found = value(table(y, p, w), m.Recall(0.3), weighted=weighted, aggregate=aggregate)
    recalls, weights, hits, all_ = [], [], 0.0, 0.0
    for k, weight in WEIGHTS.items():
        recalls.append(sk.recall_score(y == k, p[:, k] > 0.3, sample_weight=counted))
        of_class = counted[y == k].sum()
        weights.append(weight * (of_class if kind == "weighted_macro_average" else 1.0))
        hits += weight * recalls[-1] * of_class
        all_ += weight * of_class
    expected = hits / all_ if kind == "micro_average" else np.average(recalls, weights=weights)
    assert found == pytest.approx(expected)


def test_averages_over_the_first_ranks():
    y, p, w = case(5)
    options = tfma.AggregationOptions(micro_average=True)
    options.top_k_list.values.append(2)
    found = values(table(y, p, w), [m.Precision(0.25)], aggregate=options)
    top = np.argsort(-p, axis=1)[:, :2]
    said = np.take_along_axis(p, top, 1) > 0.25
    right = (top == y[:, None]) & said
    assert list(found.values()) == [pytest.approx(right.sum() / said.sum())]


@pytest.mark.parametrize("weighted", [False, True])
def test_matrices_of_classes_are_those_of_scikit_learn(weighted):
    sk = pytest.importorskip("sklearn.metrics")
    y, p, w = case(6)
    counted = w if weighted else np.ones(ROWS)
    best = p.argmax(axis=1)
    for metric, cuts in (
        (m.MultiClassConfusionMatrixPlot(), [0.0]),
        (m.MultiClassConfusionMatrixPlot([0.2, 0.6]), [0.2, 0.6]),
    ):
        message = plot(table(y, p, w), metric, weighted=weighted)
        matrices = message.multi_class_confusion_matrix_at_thresholds.matrices
        assert [one.threshold for one in matrices] == pytest.approx(cuts)
        for one, cut in zip(matrices, cuts, strict=True):
            got = np.zeros((CLASSES + 1, CLASSES + 1))
            for cell in one.entries:
                got[cell.actual_class_id, cell.predicted_class_id] = cell.num_weighted_examples
            said = np.where(p.max(axis=1) > cut, best, CLASSES)
            expected = sk.confusion_matrix(
                y, said, sample_weight=counted, labels=range(CLASSES + 1)
            )
            np.testing.assert_allclose(got, expected)
    as_value = value(table(y, p, w), m.MultiClassConfusionMatrixAtThresholds([0.6]))
    rows = [c for c in as_value.matrices[0].entries if c.predicted_class_id < 0]
    assert sum(c.num_weighted_examples for c in rows) == (p.max(axis=1) <= 0.6).sum()
    assert m.NO_PREDICTED_CLASS_ID == -1


def test_matrices_of_labels_that_are_several_classes():
    random = np.random.default_rng(7)
    y = (random.random((60, 3)) < 0.5).astype(float)
    p, w = random.random((60, 3)), random.random(60)
    message = plot(table(y, p, w), m.MultiLabelConfusionMatrixPlot([0.3, 0.7]), weighted=True)
    matrices = message.multi_label_confusion_matrix_at_thresholds.matrices
    assert len(matrices) == 2
    for one, cut in zip(matrices, [0.3, 0.7], strict=True):
        assert len(one.entries) == 9
        for cell in one.entries:
            a, b = cell.actual_class_id, cell.predicted_class_id
            has, above, true = y[:, a] == 1, p[:, b] > cut, y[:, b] == 1
            got = [cell.true_positives, cell.true_negatives, cell.false_positives,
                   cell.false_negatives]  # fmt: skip
            expected = [w[has & above & true].sum(), w[has & ~above & ~true].sum(),
                        w[has & above & ~true].sum(), w[has & ~above & true].sum()]  # fmt: skip
            np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize(
    "given", [{}, {"from_logits": True}, {"label_smoothing": 0.3}]
)  # fmt: skip
def test_cross_entropy_is_that_of_keras(given):
    import keras

    y, p, w = case(8)
    p = np.log(p) * 2 if given.get("from_logits") else p
    metric = keras.metrics.CategoricalCrossentropy(**given)
    metric.update_state(np.eye(CLASSES)[y], p, w)
    found = value(table(y, p, w), m.CategoricalCrossEntropy(**given), weighted=True)
    assert found == pytest.approx(float(metric.result()), rel=1e-5)


def test_metrics_of_keras_take_classes_as_they_are():
    import keras

    y, p, w = case(9)
    found = values(
        table(y, p, w),
        [keras.metrics.SparseCategoricalAccuracy(), keras.metrics.SparseTopKCategoricalAccuracy(2)],
        weighted=True,
    )
    order = np.argsort(-p, axis=1)
    assert found == {
        "sparse_categorical_accuracy": pytest.approx(np.average(order[:, 0] == y, weights=w)),
        "sparse_top_k_categorical_accuracy": pytest.approx(
            np.average((order[:, :2] == y[:, None]).any(axis=1), weights=w)
        ),
    }


def test_exact_matches_of_numbers_texts_and_json():
    w = np.array([1.0, 2.0, 4.0, 8.0])
    numbers = pa.table({"y": [1, 2, 3, 4], "p": [1, 2, 0, 4], "w": w})
    assert value(numbers, m.ExactMatch(), weighted=True) == pytest.approx(11 / 15)
    texts = pa.table({"y": ["a", "b", "c", "d"], "p": ["a", "x", "c", "x"]})
    assert value(texts, m.ExactMatch()) == 0.5
    json = pa.table({"y": ['{"a": 1, "b": 2}', "[1]"], "p": ['{"b":2,"a":1}', "[2]"]})
    assert value(json, m.ExactMatch()) == 0.0
    assert value(json, m.ExactMatch(convert_to="json")) == 0.5
    with pytest.raises(errors.InvalidArgumentError, match="is no JSON"):
        value(texts, m.ExactMatch(convert_to="json"))


def sets_case(seed: int):
    random = np.random.default_rng(seed)
    names = np.array(["sun", "sea", "moon", "light", "tree"])
    rows = []
    for _ in range(80):
        label = random.choice(names, random.integers(1, 4), replace=False).tolist()
        said = random.choice(names, random.integers(0, 5), replace=False).tolist()
        scores = sorted(random.random(len(said)), reverse=True)
        rows.append({"y": label, "classes": said, "scores": scores, "w": random.random(),
                     "v": random.random(len(label)).tolist()})  # fmt: skip
    return rows


@pytest.mark.parametrize("weight_key", [None, "v"])
@pytest.mark.parametrize("given", [{}, {"thresholds": [0.2, 0.6]}, {"top_k": 2}])
def test_sets_are_matched_row_by_row(given, weight_key):
    rows = sets_case(10)
    data = pa.Table.from_pylist(rows)
    found = values(
        data.append_column("p", data["scores"]),
        [m.SetMatchPrecision(**given, weight_key=weight_key),
         m.SetMatchRecall(**given, weight_key=weight_key)],
        weighted=True,
    )  # fmt: skip
    cuts = given.get("thresholds", [-np.inf if "top_k" in given else 0.5])
    for place, cut in enumerate(cuts):
        tp = fp = fn = 0.0
        for row in rows:
            factors = dict(zip(row["y"], row["v"], strict=True)) if weight_key else {}
            said = row["classes"][: given.get("top_k")]
            above = {c for c, s in zip(said, row["scores"], strict=False) if s > cut}
            for name in {*row["y"], *above}:
                weight = row["w"] * factors.get(name, 1.0)
                tp += weight * (name in row["y"] and name in above)
                fp += weight * (name not in row["y"])
                fn += weight * (name not in above)
        got = [np.atleast_1d(v)[place] for v in found.values()]
        assert got == [pytest.approx(tp / (tp + fp)), pytest.approx(tp / (tp + fn))]


@pytest.mark.parametrize(
    ("metric", "settings", "words"),
    [
        (lambda: m.AUC(), {"binarize": binarize(class_ids=[7])}, "class_id 7"),
        (lambda: m.Precision(), {"binarize": binarize(k_list=[9])}, "k 9"),
        (lambda: m.Precision(top_k=2), {"binarize": binarize(top_k_list=[2])}, "only one of them"),
        (
            lambda: m.AUC(),
            {"aggregate": tfma.AggregationOptions(macro_average=True)},
            "needs class_weights",
        ),
    ],
)
def test_what_predictions_do_not_have_is_refused(metric, settings, words):
    y, p, w = case(11)
    with pytest.raises(errors.InvalidArgumentError, match=words):
        value(table(y, p, w), metric(), **settings)
