"""CSV files: types, rows and cells that are wrong, and scans that are ended and go on."""

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall.data_validation as tfdv
from tidefall.base import errors
from tidefall.lifecycle.data_validation.sources.csv_files import CsvSource
from tidefall.lifecycle.data_validation.statistics.scan import scan
from tidefall.proto import metadata

pytest.importorskip("pyarrow")


@pytest.fixture
def csv(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def kinds(statistics):
    features = statistics.datasets[0].features
    return {f.path.step[0]: f.Type.Name(f.type) for f in features}


def test_types_follow_from_the_cells(csv):
    path = csv(
        "int,float,text,empty,date,yes\n1,1,1,,2024-01-01,true\n-2,2.5,x,,2024-01-02,false\n,,,,,\n"
    )
    assert kinds(tfdv.generate_statistics_from_csv(path)) == {
        "int": "INT", "float": "FLOAT", "text": "STRING", "empty": "STRING", "date": "STRING",
        "yes": "STRING",
    }  # fmt: skip


@pytest.mark.parametrize(
    "late, kind", [("7", "INT"), ("7.5", "FLOAT"), ("1e3", "FLOAT"), ("n/a", "STRING")]
)
def test_types_follow_from_late_cells_too(csv, late, kind):
    rows = [f"{i},x" for i in range(200_000)] + [f"{late},y"] + ["1,z"] * 10
    path = csv("number,text\n" + "\n".join(rows) + "\n")
    options = tfdv.StatsOptions(memory_budget=16 << 20, threads=2)
    source = CsvSource(path, chunk_size=1 << 18)
    message = scan(source, options).message()
    assert kinds(message) == {"number": kind, "text": "STRING"}
    number = message.datasets[0].features[0]
    assert message.datasets[0].num_examples == len(rows)
    common = getattr(number, number.WhichOneof("stats")).common_stats
    assert (common.num_non_missing, common.num_missing) == (len(rows), 0)
    if kind == "STRING":
        assert number.string_stats.unique == pytest.approx(200_001, rel=0.03)


@pytest.mark.parametrize(
    "content, error, parts",
    [
        (b"", errors.InvalidArgumentError, ["is empty"]),
        (b"a,b\n1,2\n3\n5,6\n", errors.DataLossError, ["row 2", "line 3", "received 1", "'b'"]),
        (b"a,b\n1,2\n3,4,5\n", errors.DataLossError, ["row 2", "line 3", "received 3", "3,4,5"]),
        (b"a,b\n1,x\n2,caf\xe9\n", errors.DataLossError, ["row 2", "line 3", "'b'", "latin-1"]),
        (b"a,caf\xe9\n1,x\n", errors.DataLossError, ["line 1", "0xe9", "latin-1"]),
        (b'a,b\n1,"x\n2,y\n', errors.DataLossError, ["quote"]),
        (b"a,a\n1,2\n", errors.InvalidArgumentError, ["line 1", "twice", "'a'"]),
    ],
    ids=["empty", "torn", "long", "encoding", "encoding of names", "quote", "names twice"],
)  # fmt: skip
def test_what_is_wrong_is_said(csv, content, error, parts):
    path = csv(content)
    with pytest.raises(error) as raised:
        tfdv.generate_statistics_from_csv(path)
    for part in [str(path), *parts]:
        assert part in str(raised.value)


def test_a_cell_that_is_not_what_the_schema_says(csv):
    path = csv("age,name\n31,Ann\nold,Bob\n")
    schema = metadata.Schema()
    schema.feature.add(name="age", type=metadata.FeatureType.INT)
    options = tfdv.StatsOptions(schema=schema, infer_type_from_schema=True)
    with pytest.raises(errors.InvalidArgumentError, match=r"row 2 \(line 3\), column 'age'.*'old'"):
        tfdv.generate_statistics_from_csv(path, stats_options=options)


def test_late_rows_are_counted_from_the_beginning(csv):
    rows = [f"{i},x" for i in range(100_000)] + ["7"]
    path = csv("a,b\n" + "\n".join(rows) + "\n")
    with pytest.raises(errors.DataLossError, match=r"row 100001 \(line 100002\)"):
        scan(CsvSource(path, chunk_size=1 << 16), tfdv.StatsOptions(threads=1))


def test_torn_rows_are_left_out_and_counted(csv):
    source = CsvSource(csv("a,b\n1,2\n3\n5,6\n"), on_bad_row="skip")
    message = scan(source, tfdv.StatsOptions()).message()
    assert message.datasets[0].num_examples == 2
    assert scan(source, tfdv.StatsOptions()).skipped == 1


def test_other_columns_in_another_file(csv, tmp_path):
    csv("a,b\n1,2\n", "one.csv")
    csv("a,c\n1,2\n", "two.csv")
    with pytest.raises(errors.InvalidArgumentError, match="different headers"):
        tfdv.generate_statistics_from_csv(str(tmp_path / "*.csv"))


def test_no_file(tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"none\.csv"):
        tfdv.generate_statistics_from_csv(tmp_path / "none.csv")


def test_breaks_in_quotes_names_and_gzip(csv):
    content = b'"a\nb",c\n"x\ny",1\n"say ""hi""\n",2\n'
    path = csv(gzip.compress(content), "data.csv.gz")
    told = tfdv.generate_statistics_from_csv(path).datasets[0]
    assert told.num_examples == 2
    assert told.features[0].path.step[0] == "a\nb"
    assert {top.value for top in told.features[0].string_stats.top_values} == {
        "x\ny",
        'say "hi"\n',
    }


def test_encoding_delimiter_and_names(csv):
    path = csv("1;café\n2;thé\n".encode("latin-1"))
    told = tfdv.generate_statistics_from_csv(
        path, column_names=["n", "drink"], delimiter=";", encoding="latin-1"
    )
    assert [top.value for top in told.datasets[0].features[1].string_stats.top_values] == [
        "thé",
        "café",
    ]


def test_chunks_do_not_change_the_result(csv):
    lines = [f'{i % 97},{i * 0.37:.2f},"w {i % 31}\n,"' for i in range(20_000)]
    path = csv("a,b,c\n" + "\n".join(lines) + "\n")
    found = [
        scan(CsvSource(path, chunk_size=size), tfdv.StatsOptions(threads=threads)).message()
        for size, threads in ((1 << 30, 1), (1 << 14, 1), (1 << 14, 3))
    ]
    assert found[1] == found[2]
    for message in found[:2]:
        for feature in message.datasets[0].features:
            feature.num_stats.ClearField("histograms")
            feature.num_stats.ClearField("median")
    # Sums of floats depend on their order.
    for one in found[:2]:
        one.datasets[0].features[1].num_stats.mean = round(
            one.datasets[0].features[1].num_stats.mean, 6
        )
        for i in (0, 1):
            one.datasets[0].features[i].num_stats.std_dev = round(
                one.datasets[0].features[i].num_stats.std_dev, 6
            )
            one.datasets[0].features[0].num_stats.mean = round(
                one.datasets[0].features[0].num_stats.mean, 6
            )
    assert json_format.MessageToDict(found[0]) == json_format.MessageToDict(found[1])


_SCAN = """
import sys
import tempfile
from tidefall.lifecycle.data_validation.options import StatsOptions
from tidefall.lifecycle.data_validation.sources.csv_files import CsvSource
from tidefall.lifecycle.data_validation.statistics.scan import scan
import time
from pathlib import Path
def progress(done, total):
    print(done, flush=True)
    time.sleep(0.05)
source = CsvSource(sys.argv[1], chunk_size=1 << 16)
scan(source, StatsOptions(threads=1), progress, sys.argv[2])
"""


@pytest.mark.process
def test_a_scan_that_is_killed_goes_on(csv, tmp_path):
    path = csv("a,b\n" + "\n".join(f"{i},{i % 7}" for i in range(200_000)) + "\n")
    work = tmp_path / "work"
    process = subprocess.Popen(
        [sys.executable, "-c", _SCAN, str(path), str(work)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    finished = {name: os.stat(work / name).st_mtime_ns for name in os.listdir(work)}
    finished = {k: v for k, v in finished.items() if k.startswith("shard-")}
    assert len(finished) >= 4
    options = tfdv.StatsOptions(threads=1)
    resumed = scan(CsvSource(path, chunk_size=1 << 16), options, None, work)
    whole = scan(CsvSource(path, chunk_size=1 << 16), options)
    assert resumed.message() == whole.message()
    for name, written in finished.items():
        assert os.stat(work / name).st_mtime_ns == written


def test_kept_shards_of_another_file_are_not_used(csv, tmp_path):
    path = csv("a\n1\n2\n")
    work = tmp_path / "work"
    first = tfdv.generate_statistics_from_csv(path, work_folder=work)
    time.sleep(0.01)
    path = csv("a\n3\n4\n5\n")
    second = tfdv.generate_statistics_from_csv(path, work_folder=work)
    assert first.datasets[0].num_examples, second.datasets[0].num_examples == (2, 3)
    assert second.datasets[0].features[0].num_stats.max == 5


def test_a_damaged_shard_is_read_again(csv, tmp_path):
    path, work = csv("a\n1\n2\n"), tmp_path / "work"
    first = tfdv.generate_statistics_from_csv(path, work_folder=work)
    (kept,) = work.glob("shard-*")
    kept.write_bytes(kept.read_bytes()[:-40])
    assert tfdv.generate_statistics_from_csv(path, work_folder=work) == first


def test_options_as_json():
    options = tfdv.StatsOptions(
        schema=metadata.Schema(default_environment=["A"]),
        num_top_values=3,
        feature_allowlist=[tfdv.FeaturePath(["a", "b"])],
        slicing_config=tfdv.SlicingConfig([tfdv.SlicingSpec(["x"], {"y": "1"})]),
    )
    again = tfdv.StatsOptions.from_json(options.to_json())
    assert again == options
    assert json.loads(tfdv.StatsOptions().to_json()) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 0},
        {"sample_rate": 1.5},
        {"epsilon": 2},
        {"num_histogram_buckets": 0},
        {"infer_type_from_schema": True},
        {"memory_budget": 1},
        {"on_bad_row": "ignore"},
    ],
)
def test_options_that_make_no_sense(wrong):
    with pytest.raises(ValueError):
        tfdv.StatsOptions(**wrong)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([b"1", b"2.5", b"x", b'"', b",", b"\n", b"\r\n", b"\xff", b"\0", b""]),
            st.binary(max_size=4),
        ),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_statistics_or_an_error(parts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        path.write_bytes(b"".join(parts))
        with contextlib.suppress(errors.OpError):
            found = tfdv.generate_statistics_from_csv(path)
            schema = tfdv.infer_schema(found)
            assert not tfdv.validate_statistics(found, schema).anomaly_info


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_as_files_of_messages(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        for load in (
            tfdv.load_statistics,
            tfdv.load_schema_text,
            tfdv.load_anomalies_binary,
            lambda p: list(tfdv.read_quarantine(p)),
            tfdv.generate_statistics_from_tfrecord,
            tfdv.generate_statistics_from_parquet,
        ):
            with contextlib.suppress(errors.OpError):
                load(path)
