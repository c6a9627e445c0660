"""Statistics of a large CSV file: rows and bytes a second, and memory; beside other tools.

    python -m benchmarks.data_validation --megabytes 1000 --peers /path/to/python --write

Makes a table with a generator of its own, once as CSV and once as Parquet, and runs each tool in a
process of its own, whose peak of memory is told; those of peers by the Python given, where they are
installed. A tool that takes more than `--seconds` is ended, and that is what is told of it.
`--write` puts the figures into the results of this machine, beside those of other runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import tables

_ROWS = 100_000
_CITIES = np.array([f"city_{i}" for i in range(300)])
_WORDS = np.array(
    ["red", "blue", "green", "large", "small", "quick", "late", "early", "north", "south"]
)


def batches(seed: int = 0) -> Iterator[object]:
    """Endless Arrow batches of trips: integers, floats with gaps, categories, ids, short texts."""
    import pyarrow as pa

    random = np.random.default_rng(seed)
    first = 0
    while True:
        count = _ROWS
        fare = random.gamma(2.0, 8.0, count).round(2)
        yield pa.record_batch(
            {
                "trip_id": pa.array([f"t{number}" for number in range(first, first + count)]),
                "start": pa.array(1_600_000_000 + np.arange(first, first + count) * 3),
                "passengers": pa.array(random.integers(1, 7, count)),
                "fare": pa.array(fare, mask=random.random(count) < 0.02),
                "tips": pa.array((fare * random.random(count) * 0.3).round(2)),
                "latitude": pa.array(random.normal(41.9, 0.05, count).round(6)),
                "longitude": pa.array(random.normal(-87.6, 0.05, count).round(6)),
                "miles": pa.array(random.exponential(4.0, count).round(3)),
                "seconds": pa.array(random.poisson(900, count)),
                "from": pa.array(_CITIES[np.minimum(random.zipf(1.5, count) - 1, 299)]),
                "to": pa.array(_CITIES[random.integers(0, 300, count)]),
                "payment": pa.array(
                    np.array(["cash", "card", "app"])[random.integers(0, 3, count)]
                ),
                "note": pa.array(_WORDS[random.integers(0, 10, count)]),
            }
        )
        first += count


def make_files(folder: Path, megabytes: int) -> tuple[Path, Path]:
    """A CSV file of a size, and the same rows as Parquet."""
    from pyarrow import csv, parquet

    paths = folder / f"trips_{megabytes}.csv", folder / f"trips_{megabytes}.parquet"
    if all(path.exists() for path in paths):
        return paths
    source = batches()
    batch = next(source)
    with (
        csv.CSVWriter(paths[0], batch.schema) as text,  # type: ignore[attr-defined]
        parquet.ParquetWriter(paths[1], batch.schema) as binary,  # type: ignore[attr-defined]
    ):
        while True:
            text.write_batch(batch)
            binary.write_batch(batch)
            if paths[0].stat().st_size >= megabytes << 20:
                return paths
            batch = next(source)


def run_tidefall(path: str) -> int:
    """Our statistics."""
    from tidefall import data_validation as tfdv

    generate = (
        tfdv.generate_statistics_from_csv
        if path.endswith("csv")
        else tfdv.generate_statistics_from_parquet
    )
    return generate(path).datasets[0].num_examples


def run_check(path: str) -> int:
    """Our statistics, a schema of them, and the check of it."""
    from tidefall import data_validation as tfdv

    statistics = tfdv.generate_statistics_from_csv(path)
    assert not tfdv.validate_statistics(statistics, tfdv.infer_schema(statistics)).anomaly_info
    return statistics.datasets[0].num_examples


def run_pandas(path: str) -> int:
    """`describe` of all columns, and counts of values."""
    import pandas as pd

    frame = pd.read_csv(path)
    frame.describe(include="all")
    for name in frame.columns:
        frame[name].value_counts()
    return len(frame)


def run_ydata(path: str) -> int:
    """ydata-profiling, in its smallest form."""
    import pandas as pd
    from ydata_profiling import ProfileReport

    frame = pd.read_csv(path)
    ProfileReport(frame, minimal=True, progress_bar=False).get_description()
    return len(frame)


def run_evidently(path: str) -> int:
    """Evidently: the summary of all columns."""
    import pandas as pd
    from evidently import Dataset, Report
    from evidently.presets import DataSummaryPreset

    frame = pd.read_csv(path)
    Report([DataSummaryPreset()]).run(Dataset.from_pandas(frame)).dict()
    return len(frame)


def run_pandera(path: str) -> int:
    """pandera: a schema that is inferred, and checked."""
    import pandas as pd
    import pandera.pandas as pa

    frame = pd.read_csv(path)
    pa.infer_schema(frame).validate(frame)
    return len(frame)


TOOLS = {
    "tidefall": (run_tidefall, ""),
    "tidefall parquet": (run_tidefall, ""),
    "tidefall check": (run_check, ""),
    "pandas": (run_pandas, "pandas"),
    "ydata-profiling": (run_ydata, "ydata_profiling"),
    "evidently": (run_evidently, "evidently"),
    "pandera": (run_pandera, "pandera"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "tidefall-data"))
    parser.add_argument("--tool", choices=TOOLS, action="append")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--seconds", type=float, default=600, help="for each tool (%(default)s)")
    parser.add_argument("--write", action="store_true", help="keep the figures in the results")
    parser.add_argument("--one", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.one:
        name, path = flags.one
        tables.tell(lambda: {"rows": TOOLS[name][0](path)})
        return 0
    folder = Path(flags.folder)
    folder.mkdir(parents=True, exist_ok=True)
    table, binary = make_files(folder, flags.megabytes)
    size = table.stat().st_size / 1e6
    section = tables.Section(f"Statistics of {size:,.0f} MB of CSV", "MB of CSV/s", size)
    section.measure_chosen(
        TOOLS, flags,
        lambda name: [
            "-m", "benchmarks.data_validation", "--one", name,
            str(binary if name.endswith("parquet") else table),
        ],
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
