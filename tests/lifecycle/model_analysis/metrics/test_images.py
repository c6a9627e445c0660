"""Boxes beside pycocotools, TensorFlow Model Analysis's own figures; pixels beside formulas."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of, evaluate, plot, value, values
from tests.lifecycle.model_analysis.metrics.judged_cases import images
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")
JUDGED = json.loads(Path(__file__).with_name("judges.json").read_text())
OF_ALL = {"class_ids": [1, 2, 3], "max_num_detections": 100}


def boxes(rows):
    return pa.table({"y": [labels for labels, _ in rows], "p": [found for _, found in rows]})


@pytest.mark.parametrize("seed", sorted(JUDGED["coco"]))
def test_coco_metrics_are_those_of_pycocotools(seed):
    table = boxes(images(int(seed)))
    wanted = JUDGED["coco"][seed]
    found = {
        "map": m.COCOMeanAveragePrecision(**OF_ALL),
        "map50": m.COCOMeanAveragePrecision(**OF_ALL, iou_thresholds=[0.5]),
        "map75_of_2": m.COCOAveragePrecision(class_id=2, iou_threshold=0.75),
        "mar1": m.COCOMeanAverageRecall(class_ids=[1, 2, 3], max_num_detections=1),
        "mar2": m.COCOMeanAverageRecall(class_ids=[1, 2, 3], max_num_detections=2),
        "mar": m.COCOMeanAverageRecall(**OF_ALL),
    }
    assert found.keys() == wanted.keys()
    for name, metric in found.items():
        assert value(table, metric) == pytest.approx(wanted[name], abs=1e-9), name


IMAGES_OF_TFMA = [
    (
        [
            [272.1, 200.23, 424.07, 480.0, 2.0],
            [181.23, 86.28, 208.67, 159.81, 2.0],
            [174.74, 0.0, 435.78, 220.79, 2.0],
        ],
        [
            [271.2, 178.86, 429.52, 459.57, 2.0, 0.64],
            [178.53, 92.57, 206.39, 159.71, 2.0, 0.38],
            [167.96, 9.97, 442.79, 235.07, 2.0, 0.95],
        ],
    ),
    (
        [
            [473.07, 395.93, 503.07, 424.6, 1.0],
            [204.01, 235.08, 264.85, 412.44, 2.0],
            [0.43, 499.79, 340.22, 606.24, 2.0],
            [204.42, 304.1, 256.93, 456.86, 2.0],
        ],
        [
            [471.15, 398.57, 502.29, 428.26, 1.0, 0.54],
            [198.53, 242.14, 263.93, 427.51, 2.0, 0.95],
            [-32.86, 505.75, 338.82, 619.66, 2.0, 0.17],
            [201.59, 299.39, 258.4, 452.88, 1.0, 0.05],
        ],
    ),
]


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        (m.COCOMeanAveragePrecision(class_ids=[1, 2], iou_thresholds=[0.5]), 0.916),
        (m.COCOMeanAveragePrecision(class_ids=[1, 2], iou_thresholds=[0.75]), 0.416),
        (m.COCOMeanAveragePrecision(class_ids=[1, 2], iou_thresholds=[0.5, 0.75]), 0.666),
        (
            m.COCOMeanAveragePrecision(
                class_ids=[1, 2], iou_thresholds=[0.5, 0.75], num_thresholds=10_000
            ),
            0.666,
        ),
        (m.COCOMeanAverageRecall(class_ids=[1, 2], max_num_detections=1), 0.375),
        (m.COCOMeanAverageRecall(class_ids=[1, 2], max_num_detections=10), 0.533),
        (m.COCOMeanAverageRecall(class_ids=[1, 2], area_range=[0, 1024]), 0.5),
        (m.COCOMeanAverageRecall(class_ids=[1, 2], area_range=[1024, 9216]), 0.3),
        (m.COCOMeanAverageRecall(class_ids=[1, 2], area_range=[9216, 99999]), 0.7),
    ],
)
def test_figures_of_tensorflow_model_analysis(metric, wanted):
    assert value(boxes(IMAGES_OF_TFMA), metric) == pytest.approx(wanted, abs=1e-3)


def test_rates_of_boxes_are_those_of_their_pairs():
    # Of class 2: overlaps 0.5 and more with scores 0.64, 0.38, 0.95, 0.95 and 0.17, one label left.
    table = boxes(IMAGES_OF_TFMA)
    found = values(
        table,
        [
            m.ObjectDetectionPrecision(class_id=2, thresholds=[0.1, 0.5]),
            m.ObjectDetectionRecall(class_id=2, thresholds=[0.1, 0.5]),
            m.ObjectDetectionMaxRecall(class_id=2),
            m.ObjectDetectionPrecisionAtRecall(0.8, class_id=2, name="at"),
            m.ObjectDetectionThresholdAtRecall(0.5, class_id=2),
            m.ObjectDetectionPrecision(class_id=1, name="of_1", thresholds=0.01),
        ],
    )
    assert found["object_detection_precision classId:2"].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(found["object_detection_recall classId:2"], [5 / 6, 3 / 6])
    assert found["object_detection_max_recall classId:2"] == pytest.approx(5 / 6)
    assert found["at classId:2"] == 1.0
    assert found["object_detection_threshold_at_recall classId:2"] == pytest.approx(0.64, abs=1e-3)
    assert found["of_1 classId:1"] == 0.5
    message = plot(table, m.ObjectDetectionConfusionMatrixPlot(class_id=2, num_thresholds=4))
    first = message.confusion_matrix_at_thresholds.matrices[1]
    assert (first.threshold, first.true_positives, first.false_negatives) == (0.0, 5.0, 1.0)


def test_boxes_that_are_stacked_of_columns_and_padded():
    labels, found = IMAGES_OF_TFMA[1]
    columns = {
        "box": [[box[:4] for box in labels]],
        "kind": [[box[4] for box in labels]],
        "left": [[box[0] for box in found] + [0.0, 7.0]],
        "rest": [[box[1:4] for box in found] + [[0.0, 0.0, 0.0], [7.0, 9.0, 9.0]]],
        "kinds": [[box[4] for box in found] + [0.0, 2.0]],
        "scores": [[box[5] for box in found] + [0.0, 0.99]],
        "count": [4],
        "y": [0.0],
        "p": [0.0],
    }
    settings = {
        "class_ids": [1, 2],
        "labels_to_stack": ["box", "kind"],
        "predictions_to_stack": ["left", "rest", "kinds", "scores"],
        "num_detections_key": "count",
    }
    wanted = value(boxes(IMAGES_OF_TFMA[1:]), m.COCOMeanAveragePrecision(class_ids=[1, 2]))
    assert value(pa.table(columns), m.COCOMeanAveragePrecision(**settings)) == wanted
    del columns["scores"]
    with pytest.raises(errors.InvalidArgumentError, match="no column 'scores'"):
        value(pa.table(columns), m.COCOMeanAveragePrecision(**settings))
    settings |= {"allow_missing_key": True, "num_detections_key": None}
    assert value(pa.table(columns), m.COCOMeanAveragePrecision(**settings)) == 0.0


def test_a_class_without_labels_counts_in_no_mean():
    table = boxes(IMAGES_OF_TFMA)
    both, three = (m.COCOMeanAveragePrecision(class_ids=list(ids)) for ids in ((1, 2), (1, 2, 9)))
    assert value(table, both) == value(table, three)
    assert np.isnan(value(table, m.COCOAveragePrecision(class_id=9)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: m.COCOAveragePrecision(), "which class"),
        (lambda: m.COCOMeanAveragePrecision(class_ids=[1], area_range=[5, 5]), "area_range"),
        (lambda: m.COCOMeanAveragePrecision(class_ids=[1], max_num_detections=0), "1 or more"),
        (lambda: m.COCOMeanAveragePrecision(class_ids=[1], class_weights=[1, 2]), "one from 0"),
        (lambda: m.COCOAverageRecall([1.5], class_id=1), "from 0 to 1"),
        (lambda: m.COCOAveragePrecision(class_id=1, recalls=[0.5], num_recalls=3), "only one"),
    ],
)
def test_settings_of_boxes_that_are_refused(make, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        make()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (([[0, 0, 1, 1]], [[0, 0, 1, 1, 1, 0.5]]), "expected 5 for each box"),
        (([[0, 0, 1, 1, 1]], [[0, 0, 1, 1, 0.5]]), "expected 6 for each box"),
        (([[5, 0, 1, 1, 1]], [[0, 0, 1, 1, 1, 0.5]]), "each in order"),
    ],
)
def test_boxes_that_are_refused(row, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        value(boxes([row]), m.COCOAveragePrecision(class_id=1))


def pixels(random, count=6):
    return random.integers(0, 4, (count, 5, 7)), random.integers(0, 4, (count, 5, 7))


def png(image):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("ignored", [None, 3])
def test_pixels_are_counted_by_class(ignored):
    labels, found = pixels(np.random.default_rng(0))
    table = pa.table(
        {"y": [0.0] * 6, "p": [0.0] * 6, "truth": [png(one) for one in labels],
         "said": [one.tolist() for one in found]}
    )  # fmt: skip
    settings = ([0, 2], "truth", "said", True, False, ignored)
    several = values(
        table,
        [
            m.SemanticSegmentationTruePositive(*settings),
            m.SemanticSegmentationFalsePositive(*settings),
            m.SemanticSegmentationConfusionMatrix(*settings, name="matrix"),
        ],
    )
    for number in (0, 2):
        at, counted = f"classId:{number}", labels != (-1 if ignored is None else ignored)
        right = ((labels == number) & (found == number)).sum()
        wrong = ((labels != number) & (found == number) & counted).sum()
        assert several[f"semantic_segmentation_true_positives {at}"] == right
        assert several[f"semantic_segmentation_false_positives {at}"] == wrong
        matrix = several[f"matrix {at}"]
        assert matrix.tp + matrix.fn == (labels == number).sum()
        assert matrix.tp + matrix.fp + matrix.fn + matrix.tn == (counted | (labels == number)).sum()


def test_images_that_are_refused():
    metric = m.SemanticSegmentationTruePositive([1], "truth", "said")
    columns = {"y": [0.0], "p": [0.0], "said": [[1.0, 0.0]]}
    for truth, words in (([b"no image"], "no image"), ([[1, 0]], "bytes of an image"),
                         ([png(np.zeros((3, 3)))], "9 pixels")):  # fmt: skip
        with pytest.raises(errors.InvalidArgumentError, match=words):
            value(pa.table({**columns, "truth": truth}), metric)


def test_boxes_of_slices_survive_a_configuration():
    table = boxes(images(1)).append_column("g", pa.array(["a", "b"] * 6))
    metric = m.COCOMeanAveragePrecision(**OF_ALL, iou_thresholds=[0.5])
    (spec,) = tfma.metrics.specs_from_metrics([metric], include_example_count=False)
    assert '"iou_thresholds": [0.5]' in spec.metrics[0].config
    found = {one.key: one for one in evaluate(table, config_of([metric], slices=((), ("g",))))}
    for letter, rows in (("a", images(1)[::2]), ("b", images(1)[1::2])):
        (one,) = found[(("g", letter),)].metrics.values()
        assert one == value(boxes(rows), metric)
