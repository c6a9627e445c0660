"""Metrics of many predictions over slices; beside pandas and scikit-learn by hand.

    python -m benchmarks.model_analysis --rows 10000000 --write

A Parquet file with a label, a prediction and one of a hundred slices in each row comes from a
generator. Each tool gives the same metrics of all rows and of each slice, in a process of its own,
whose peak of memory is told. `--check` holds their metrics against each other. `--write` puts the
figures into the results of this machine, beside those of other runs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path

from benchmarks import tables

SLICES = 100
METRICS = (
    "ExampleCount", "AUC", "Precision", "Recall", "BinaryAccuracy", "BinaryCrossEntropy",
    "MeanSquaredError", "MeanLabel", "MeanPrediction",
)  # fmt: skip
_FILE_ROWS = 1_000_000


def make_file(folder: Path, rows: int) -> Path:
    """A Parquet file of predictions."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    path = folder / f"predictions_{rows}.parquet"
    if path.exists():
        return path
    schema = pa.schema([("label", pa.float32()), ("score", pa.float32()), ("city", pa.string())])
    with parquet.ParquetWriter(f"{path}.tmp", schema) as writer:
        for start in range(0, rows, _FILE_ROWS):
            random = np.random.default_rng(start)
            count = min(_FILE_ROWS, rows - start)
            score = random.beta(2.0, 3.0, count).astype(np.float32)
            label = (random.random(count) < score).astype(np.float32)
            names = np.array([f"city {i:02d}" for i in range(SLICES)])
            city = names[random.integers(0, SLICES, count)]
            writer.write_table(pa.table([label, score, city], schema=schema))
    os.replace(f"{path}.tmp", path)
    return path


def run_tidefall(path: str) -> dict[str, dict[str, float]]:
    """`run_model_analysis`."""
    from tidefall import model_analysis as tfma

    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="label", prediction_key="score")],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name=name) for name in METRICS])
        ],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["city"])],
    )
    with tempfile.TemporaryDirectory() as folder:
        result = tfma.run_model_analysis(eval_config=config, data_location=path, output_path=folder)
    return {
        key[0][1] if key else "": {
            name: value["doubleValue"]
            for name, value in (result.get_metrics_for_slice(key) or {}).items()
        }
        for key in result.get_slice_names()
    }


def run_by_hand(path: str) -> dict[str, dict[str, float]]:
    """pandas' groups, and scikit-learn's metrics of each."""
    import pandas as pd
    from sklearn import metrics

    frame = pd.read_parquet(path)
    found = {}
    for name, part in [("", frame), *frame.groupby("city")]:
        label, score = part["label"].to_numpy(), part["score"].to_numpy()
        positive = score > 0.5
        found[str(name)] = {
            "example_count": float(len(part)),
            "auc": float(metrics.roc_auc_score(label, score)),
            "precision": float(metrics.precision_score(label, positive)),
            "recall": float(metrics.recall_score(label, positive)),
            "binary_accuracy": float(metrics.accuracy_score(label, positive)),
            "binary_crossentropy": float(metrics.log_loss(label, score)),
            "mean_squared_error": float(metrics.mean_squared_error(label, score)),
            "mean_label": float(label.mean()),
            "mean_prediction": float(score.mean()),
        }
    return found


TOOLS = {"tidefall": (run_tidefall, ""), "by hand": (run_by_hand, "sklearn")}


def check(path: Path, folder: Path) -> int:
    """Hold the tools' metrics against each other; returns how many are apart."""
    found = {}
    for name in TOOLS:
        out = folder / f"{name.replace(' ', '_')}.json"
        out.write_text(json.dumps(TOOLS[name][0](str(path))))
        found[name] = json.loads(out.read_text())
    apart = 0
    for city, values in found["by hand"].items():
        for metric, value in values.items():
            ours = found["tidefall"][city][metric]
            # An area comes of 10,000 thresholds, sums of float32 are rounded.
            if not math.isclose(ours, value, rel_tol=1e-4):
                apart += 1
                print(f"{city or 'all'}, {metric}: {ours} and {value}")
    print(f"{len(found['by hand']) * len(METRICS)} metrics compared, {apart} apart")
    return apart


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "tidefall-data"))
    parser.add_argument("--tool", choices=TOOLS, action="append")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--seconds", type=float, default=600, help="for each tool (%(default)s)")
    parser.add_argument("--check", action="store_true", help="compare the metrics, measure nothing")
    parser.add_argument("--write", action="store_true", help="keep the figures in the results")
    parser.add_argument("--one", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.one:
        name, path = flags.one
        tables.tell(lambda: {"slices": len(TOOLS[name][0](path))})
        return 0
    folder = Path(flags.folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = make_file(folder, flags.rows)
    if flags.check:
        return int(check(path, folder) > 0)
    title = f"Metrics of {flags.rows:,} predictions over {SLICES} slices"
    section = tables.Section(title, "rows/s", flags.rows)
    section.measure_chosen(
        TOOLS, flags, lambda name: ["-m", "benchmarks.model_analysis", "--one", name, str(path)]
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
