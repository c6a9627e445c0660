"""Views as pages, tables and images."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis import view
from tidefall.lifecycle.model_analysis.view.curves import figures_of
from tidefall.lifecycle.model_analysis.view.figures import PALETTE, Figure, Line, Rect

pa = pytest.importorskip("pyarrow")


class Balanced(HTMLParser):
    """Collects the texts of a page whose tags are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)
        self.links += [v for k, v in attributes if k in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page: str) -> str:
    """The text of a page that is whole and loads nothing."""
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert parser.links == []
    assert "http" not in page
    assert len(page.encode()) < 2_000_000
    return " ".join(parser.text)


def table(seed: int, rows: int = 900):
    random = np.random.default_rng(seed)
    p = random.random(rows)
    return pa.table(
        {
            "y": (random.random(rows) < p).astype(float),
            "p": p,
            "city": random.choice(["A", "B", "<b>C</b>"], rows),
            "w": random.random(rows),
        }
    )


@pytest.fixture(scope="module")
def result():
    metrics = [m.AUC(), m.Precision(), m.ExampleCount(), m.ConfusionMatrixAtThresholds(),
               m.Recall([0.2, 0.8], name="recalls"), m.FairnessIndicators(thresholds=[0.5]),
               m.ConfusionMatrixPlot(), m.CalibrationPlot()]  # fmt: skip
    config = config_of(metrics, slices=((), ("city",)))
    config.options.compute_confidence_intervals.value = True
    return tfma.analyze_raw_data(table(1), config)


def test_metrics_by_slice(result, tmp_path):
    shown = view.render_slicing_metrics(result, slicing_column="city")
    page = shown.to_html()
    text = read(page)
    assert "<b>C</b>" not in page
    found = result.get_metrics_for_all_slices()
    assert {row.name for row in shown.rows} == {"city:A", "city:B", "city:<b>C</b>"}
    counts = [row.count for row in shown.rows]
    assert counts == sorted(counts, reverse=True)
    for row in shown.rows:
        value = found[(("city", row.name.removeprefix("city:")),)]["auc"]["boundedValue"]
        cell = row.cells[shown.columns.index("auc") - 1]
        bounds = f"{value['value']:.4g} ({value['lowerBound']:.4g}, {value['upperBound']:.4g})"
        assert cell == bounds
        assert bounds in text
    assert "1 matrices" in text
    assert "recalls" not in shown.figures
    bars = [mark for mark in shown.figures["auc"].marks if isinstance(mark, Rect)]
    lengths = {bar.tip: bar.width for bar in bars}
    values = {name: row for row, name in ((float(tip.split(": ")[-1]), tip) for tip in lengths)}
    ratios = [lengths[name] / value for name, value in values.items()]
    assert ratios == pytest.approx([ratios[0]] * 3, rel=1e-3)
    shown.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == page
    assert "srcdoc" in shown._repr_html_()


def test_all_rows_by_default_and_slices_of_a_spec(result):
    assert [r.name for r in view.render_slicing_metrics(result).rows] == ["Overall"]
    spec = tfma.SlicingSpec(feature_values={"city": "A"})
    shown = view.render_slicing_metrics(result, slicing_spec=spec)
    assert [row.name for row in shown.rows] == ["city:A"]


def test_metrics_over_runs():
    metrics = [m.MeanPrediction(), m.AUC()]
    runs = [
        tfma.analyze_raw_data(table(seed), config_of(metrics, slices=((), ("city",))))
        for seed in (1, 2, 3)
    ]
    for number, run in enumerate(runs):
        run.model_location = f"/models/{number}"
    results = tfma.make_eval_results(runs, tfma.MODEL_CENTRIC_MODE)
    shown = view.render_time_series(results)
    text = read(shown.to_html())
    assert [row.name for row in shown.rows] == ["0", "1", "2"]
    means = [np.asarray(table(seed)["p"]).mean() for seed in (1, 2, 3)]
    assert [row.numbers[0] for row in shown.rows] == pytest.approx(means)
    assert all(f"{mean:.4g}" in text for mean in means)
    (line,) = [k for k in shown.figures["mean_prediction"].marks
               if isinstance(k, Line) and k.color == PALETTE[0]]  # fmt: skip
    heights = -np.array([y for _, y in line.points])
    slope, offset = np.polyfit(means, heights, 1)
    np.testing.assert_allclose(heights, slope * np.array(means) + offset, atol=1e-6)
    full = view.render_time_series(results, tfma.SlicingSpec(feature_keys=["city"]), True)
    assert full.rows[0].name.startswith("/models/0, city:")
    assert len(full.rows) == 9


def curve(figure: Figure) -> np.ndarray:
    """The points of a chart's first line, whose axes are from 0 to 1."""
    points = next(k for k in figure.marks if isinstance(k, Line) and k.color == PALETTE[0]).points
    x, y = np.array(points).T
    return np.stack([(x - 52) / 354, 1 - (y - 44) / 232])


def test_curves_go_through_the_points_of_formulas(result):
    sk = pytest.importorskip("sklearn.metrics")
    shown = view.render_plot(result)
    read(shown.to_html())
    assert list(shown.figures) == [
        "ROC", "Precision and recall", "Gain", "By threshold", "Calibration", "Residuals",
        "Predictions",
    ]  # fmt: skip
    data = table(1)
    y, p = np.asarray(data["y"]), np.asarray(data["p"])
    fpr, tpr = curve(shown.figures["ROC"])
    expected_fpr, expected_tpr, _ = sk.roc_curve(y, np.floor(p * 1000))
    np.testing.assert_allclose(
        -np.trapezoid(tpr, fpr), np.trapezoid(expected_tpr, expected_fpr), atol=1e-3
    )
    prediction, label = curve(shown.figures["Calibration"])
    assert len(prediction) == 20
    assert np.abs(prediction - label).mean() < 0.12
    assert np.average(label) == pytest.approx(y.mean(), abs=0.03)


def test_matrices_of_classes_and_labels():
    random = np.random.default_rng(4)
    scores = random.dirichlet(np.ones(3), 200)
    data = pa.table({"y": random.integers(0, 3, 200), "p": list(scores)})
    config = config_of([m.MultiClassConfusionMatrixPlot([0.1, 0.5]),
                        m.MultiLabelConfusionMatrixPlot()])  # fmt: skip
    shown = view.render_plot(tfma.analyze_raw_data(data, config))
    text = read(shown.to_html())
    assert list(shown.figures) == [
        "Classes above 0.1", "Classes above 0.5", "False negatives", "False positives",
    ]  # fmt: skip
    best, y = scores.argmax(axis=1), np.asarray(data["y"])
    cells = [k.tip for k in shown.figures["Classes above 0.5"].marks if isinstance(k, Rect)]
    said = ((y == 1) & (best == 2) & (scores.max(axis=1) > 0.5)).sum()
    assert any(tip.startswith(f"1 as 2: {said},") for tip in cells)
    assert any(" as none" in tip for tip in cells)
    assert f"1 as 2: {said}," in text


def test_scores_without_labels_are_a_distribution():
    data = table(5)
    config = config_of([m.ScoreDistributionPlot(num_thresholds=50)])
    shown = view.render_plot(tfma.analyze_raw_data(data, config))
    cuts, share = curve(shown.figures["Scores"])
    p = np.asarray(data["p"])
    expected = [(p > cut).mean() for cut in cuts[1:-1]]
    np.testing.assert_allclose(share[1:-1], expected, atol=2e-3)


def test_fairness_indicators_with_gaps(result):
    shown = view.render_fairness_indicator(result, slicing_column="city")
    text = read(shown.to_html())
    assert shown.rows[0].name == "Overall"
    at = shown.columns.index("false_positive_rate@0.5 gap") - 1
    data = table(1)
    y, p, city = (np.asarray(data[name]) for name in ("y", "p", "city"))
    above = (p > 0.5) & (y == 0)
    overall = above.sum() / (y == 0).sum()
    for row in shown.rows[1:]:
        inside = city == row.name.removeprefix("city:")
        rate = (above & inside).sum() / ((y == 0) & inside).sum()
        assert row.numbers[at] == pytest.approx(rate - overall)
        assert f"{rate - overall:+.4g}" in text
    from_a = view.render_fairness_indicator(result, baseline_slice=(("city", "A"),))
    assert from_a.rows[0].name == "city:A"
    assert from_a.rows[0].numbers[at] == 0.0
    two = view.render_fairness_indicator(multi_eval_results={"old": result, "new": result})
    assert "recall@0.5 new gap" in two.columns
    read(two.to_html())


def test_images(result, tmp_path):
    from PIL import Image

    for shown, name in (
        (view.render_slicing_metrics(result, "city"), "auc"),
        (view.render_plot(result), "ROC"),
    ):
        figure = shown.figures[name]
        shown.save(tmp_path / "figure.png", name)
        image = Image.open(tmp_path / "figure.png")
        assert image.size == (round(figure.width * 2), round(figure.height * 2))
        colors = {color for _, color in image.getcolors(maxcolors=1 << 20) or []}
        wanted = tuple(int(PALETTE[0][i : i + 2], 16) for i in (1, 3, 5))
        assert min(np.abs(np.subtract(color, wanted)).max() for color in colors) <= 45
        assert (255, 255, 255) in colors
        shown.save(tmp_path / "figure.svg", name)
        root = ElementTree.parse(tmp_path / "figure.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(root) == len(figure.marks) + 1
    smaller = Image.open(io.BytesIO(Figure("empty", 30, 20).to_png(scale=1)))
    assert smaller.size == (30, 20)


def test_pages_of_very_many_slices_stay_small():
    metrics = {f"metric_{number}": {"doubleValue": 0.123456789} for number in range(30)}
    slices = [view.SlicedMetrics((("id", i),), {"": {"": metrics}}) for i in range(4000)]
    result = tfma.EvalResult(slices, [])
    page = view.render_slicing_metrics(result, "id").to_html()
    assert "do not fit on this page" in read(page)


def test_plots_of_nothing_are_no_figures():
    assert figures_of({}) == {}
    flat = {"calibrationHistogramBuckets": {"buckets": [{"lowerThresholdInclusive": "-Infinity"}]}}
    assert len(figures_of(flat)) == 3


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda r: view.render_slicing_metrics(r, "zzz"), ValueError, "No slice by 'zzz'"),
        (
            lambda r: view.render_slicing_metrics(r, "city", tfma.SlicingSpec()),
            ValueError,
            "only one of them",
        ),
        (
            lambda r: view.render_slicing_metrics(r, event_handlers=print),
            errors.UnimplementedError,
            "event_handlers",
        ),
        (
            lambda r: view.render_plot(r, tfma.SlicingSpec(feature_keys=["city"])),
            ValueError,
            "More than one slice",
        ),
        (lambda r: view.render_plot(r, class_id=3), ValueError, "classId:3"),
        (lambda r: view.render_plot(r, output_name="x"), ValueError, "output 'x'"),
        (lambda r: view.render_plot(r, label="x"), errors.UnimplementedError, "label"),
        (lambda r: view.render_slicing_attributions(r), ValueError, "attributions are"),
        (lambda r: view.render_fairness_indicator(), ValueError, "eval_result or multi"),
        (
            lambda r: view.render_fairness_indicator(r, baseline_slice=(("city", "Z"),)),
            ValueError,
            "no slice city:Z",
        ),
        (
            lambda r: view.render_time_series(tfma.make_eval_results([], tfma.DATA_CENTRIC_MODE)),
            ValueError,
            "no results",
        ),
        (
            lambda r: view.render_plot(r).save("x.gif"),
            errors.InvalidArgumentError,
            "expected a name with .html",
        ),
        (
            lambda r: view.render_plot(r).save("x.png", "zzz"),
            errors.InvalidArgumentError,
            "no figure 'zzz'",
        ),
    ],
)
def test_what_cannot_be_shown(result, call, error, words):
    with pytest.raises(error, match=words):
        call(result)
