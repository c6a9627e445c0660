"""A transform of many rows: analysis and transformed rows a second; beside other tools.

    python -m benchmarks.transform --rows 10000000 --peers /path/to/python --write

Rows have two numbers, one scaled by mean and deviation, one put into ten buckets of equal weight,
and a string that becomes its rank in a vocabulary of 100,000. They come from a generator, as
Parquet files of a million rows. Each tool runs in a process of its own, whose peak of memory is
told; those of peers by the Python given, where they are installed. `again` is the analysis of one
more file, with what was found in the others in the cache. `--write` puts the figures into the
results of this machine, beside those of other runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import tables

VOCABULARY = 100_000
FILE_ROWS = 1_000_000
BUCKETS = 10


def make_files(folder: Path, rows: int) -> list[Path]:
    """Parquet files with so many rows, and one more."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    words = np.array([f"word {i:06d}" for i in range(VOCABULARY)])
    paths = []
    for number in range(max(1, rows // FILE_ROWS) + 1):
        count = min(rows, FILE_ROWS)
        path = folder / f"rows_{count}_{number:03d}.parquet"
        paths.append(path)
        if path.exists():
            continue
        random = np.random.default_rng(number)
        places = (VOCABULARY * random.random(count) ** 3).astype(np.int64)
        table = pa.table(
            {
                "fare": random.gamma(2.0, 8.0, count).astype(np.float32),
                "miles": random.exponential(4.0, count).astype(np.float32),
                "word": words[places],
            }
        )
        parquet.write_table(table, path)
    return paths


def _output(paths: list[str], name: str) -> str:
    return str(Path(paths[0]).parent / name)


def _analysis(paths: list[str], cache: str | None = None) -> Any:
    import tidefall as tf
    from tidefall import transform as tft

    def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, Any]:
        return {
            "fare": tft.scale_to_z_score(inputs["fare"]),
            "miles": tft.bucketize(inputs["miles"], BUCKETS),
            "word": tft.compute_and_apply_vocabulary(inputs["word"]),
        }

    spec = {
        "fare": tf.io.FixedLenFeature([], tf.float32),
        "miles": tf.io.FixedLenFeature([], tf.float32),
        "word": tf.io.FixedLenFeature([], tf.string),
    }
    return tft.analyze_and_transform(
        paths, preprocessing_fn, _output(paths, "out"), spec, cache_dir=cache
    )


def run_analyze(paths: list[str]) -> dict[str, float]:
    """The analysis alone."""
    _analysis(paths[:-1])
    return {}


def run_transform(paths: list[str]) -> dict[str, float]:
    """The analysis, and all transformed rows."""
    found = _analysis(paths[:-1])
    start = time.perf_counter()
    total = sum(int(batch["word"].shape[0]) for batch in found.batches())
    return {"rows": total, "second part": time.perf_counter() - start}


def run_cached(paths: list[str]) -> dict[str, float]:
    """The analysis with an empty cache, then with that of all files but one."""
    cache = _output(paths, "cache")
    shutil.rmtree(cache, ignore_errors=True)
    _analysis(paths[:-1], cache)
    start = time.perf_counter()
    _analysis(paths, cache)
    return {"second part": time.perf_counter() - start}


def run_sklearn(paths: list[str]) -> dict[str, float]:
    """scikit-learn: a scaler, a discretizer, an encoder by frequency."""
    import numpy as np
    import pandas as pd
    from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder, StandardScaler

    frame = pd.concat([pd.read_parquet(path) for path in paths[:-1]], ignore_index=True)
    order = frame["word"].value_counts().index.to_numpy(object)
    scaler = StandardScaler().fit(frame[["fare"]].to_numpy())
    bins = KBinsDiscretizer(
        BUCKETS, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None
    ).fit(frame[["miles"]].to_numpy())
    encoder = OrdinalEncoder(
        categories=[order], handle_unknown="use_encoded_value", unknown_value=-1
    ).fit(frame[["word"]].iloc[:1])
    start = time.perf_counter()
    fare = scaler.transform(frame[["fare"]].to_numpy())
    miles = bins.transform(frame[["miles"]].to_numpy())
    word = encoder.transform(frame[["word"]])
    assert np.isfinite(fare).all() and len(miles) == len(word)
    return {"rows": len(word), "second part": time.perf_counter() - start}


def run_polars(paths: list[str]) -> dict[str, float]:
    """Polars: expressions, and a join with the vocabulary."""
    import polars as pl

    frame = pl.scan_parquet(paths[:-1])
    quantiles = [pl.col("miles").quantile(i / BUCKETS).alias(f"q{i}") for i in range(1, BUCKETS)]
    known = frame.select(
        pl.col("fare").mean().alias("mean"), pl.col("fare").std(ddof=0).alias("std"), *quantiles
    ).collect(engine="streaming")
    words = (
        frame.group_by("word")
        .agg(pl.len().alias("count"))
        .sort("count", "word", descending=True)
        .with_row_index("rank")
        .select("word", "rank")
        .collect(engine="streaming")
    )
    start = time.perf_counter()
    row = known.row(0, named=True)
    edges = [row[f"q{i}"] for i in range(1, BUCKETS)]
    made = (
        frame.join(words.lazy(), on="word", how="left")
        .select(
            (pl.col("fare") - row["mean"]) / row["std"],
            sum((pl.col("miles") >= edge).cast(pl.Int64) for edge in edges),
            pl.col("rank"),
        )
        .collect(engine="streaming")
    )
    return {"rows": made.height, "second part": time.perf_counter() - start}


TOOLS: dict[str, tuple[Callable[[list[str]], dict[str, float]], str]] = {
    "tidefall analyze": (run_analyze, ""),
    "tidefall transform": (run_transform, ""),
    "tidefall again": (run_cached, ""),
    "scikit-learn": (run_sklearn, "sklearn"),
    "polars": (run_polars, "polars"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "tidefall-rows"))
    parser.add_argument("--tool", choices=TOOLS, action="append")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--seconds", type=float, default=600, help="for each tool (%(default)s)")
    parser.add_argument("--write", action="store_true", help="keep the figures in the results")
    parser.add_argument("--one", nargs="+", metavar="TOOL FILE", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.one:
        tables.tell(lambda: TOOLS[flags.one[0]][0](flags.one[1:]))
        return 0
    folder = Path(flags.folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(path) for path in make_files(folder, flags.rows)]
    section = tables.Section(f"A transform of {flags.rows:,} rows", "rows/s", flags.rows)
    section.measure_chosen(
        TOOLS, flags, lambda name: ["-m", "benchmarks.transform", "--one", name, *paths]
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
