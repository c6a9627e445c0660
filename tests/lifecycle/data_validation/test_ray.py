"""Statistics whose shards are read on a Ray cluster. Needs the extra `ray`."""

import sys
from importlib.util import find_spec

import pytest

import tidefall.data_validation as tfdv
from tidefall.base import errors
from tidefall.lifecycle.data_validation.cli import main
from tidefall.lifecycle.data_validation.sources.csv_files import CsvSource
from tidefall.lifecycle.data_validation.statistics.scan import scan

pa = pytest.importorskip("pyarrow")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
ON_RAY = tfdv.StatsOptions(on="ray")


@pytest.fixture(scope="module")
def cluster():
    import ray

    ray.init(num_cpus=2, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@needs_ray
@pytest.mark.process
@pytest.mark.usefixtures("cluster")
@pytest.mark.filterwarnings("ignore")
class TestCluster:
    def test_the_result_is_that_of_threads(self, tmp_path):
        pytest.importorskip("pyarrow.parquet").write_table(
            pa.table({"x": list(range(5000)), "s": [f"w{i % 70}" for i in range(5000)]}),
            tmp_path / "d.parquet",
            row_group_size=1500,
        )
        path = tmp_path / "d.csv"
        # The last row makes a column of numbers one of text, which is then read again.
        path.write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(50_000)) + "x,1\n")
        by_threads = tfdv.StatsOptions(cross_features=True)
        for generate, data in (
            (tfdv.generate_statistics_from_parquet, tmp_path / "d.parquet"),
            (tfdv.generate_statistics_from_arrow, pa.table({"x": [1, 2], "y": [2.0, 1.0]})),
        ):
            on_ray = by_threads.replace(on="ray")
            assert generate(data, stats_options=on_ray) == generate(data, stats_options=by_threads)
        source = CsvSource(path, chunk_size=1 << 16)
        assert scan(source, ON_RAY).message() == scan(source, tfdv.StatsOptions()).message()

    def test_errors_name_the_row_and_torn_rows_are_counted(self, tmp_path):
        path = tmp_path / "torn.csv"
        path.write_text("a,b\n1,2\n3\n")
        with pytest.raises(errors.DataLossError, match=r"torn.csv, row 2 \(line 3\)"):
            tfdv.generate_statistics_from_csv(path, stats_options=ON_RAY)
        source = CsvSource(path, on_bad_row="skip")
        assert scan(source, ON_RAY.replace(on_bad_row="skip")).skipped == 1

    def test_finished_shards_are_used_by_threads_and_by_ray(self, tmp_path):
        path, work = tmp_path / "d.csv", tmp_path / "work"
        path.write_text("a\n" + "\n".join(map(str, range(30_000))) + "\n")
        source = CsvSource(path, chunk_size=1 << 16)
        whole = scan(source, ON_RAY, None, work).message()
        written = {p.name: p.stat().st_mtime_ns for p in work.iterdir()}
        assert len(written) > 1
        for options in (tfdv.StatsOptions(), ON_RAY):
            assert scan(source, options, None, work).message() == whole
        assert {p.name: p.stat().st_mtime_ns for p in work.iterdir()} == written

    def test_the_command(self, tmp_path, capsys):
        path = tmp_path / "d.csv"
        path.write_text("a\n1\n2\n")
        assert main(["stats", str(path), "--on", "ray"]) == 0
        assert "2 rows" in capsys.readouterr().out


def test_without_ray(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(errors.FailedPreconditionError, match=r"tidefall\[ray\]"):
        tfdv.generate_statistics_from_arrow(pa.table({"x": [1]}), ON_RAY)
    with pytest.raises(ValueError, match="'threads' or 'ray'"):
        tfdv.StatsOptions(on="spark")
