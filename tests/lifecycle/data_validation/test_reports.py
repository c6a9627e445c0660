"""Pages, tables and the command: what people read of statistics, schemas and anomalies."""

import json
import re
from html.parser import HTMLParser

import pytest

import tidefall.data_validation as tfdv
from tidefall.lifecycle.data_validation.cli import main
from tidefall.lifecycle.data_validation.report.rows import text_table
from tidefall.proto import metadata

pa = pytest.importorskip("pyarrow")
VOID = {"meta", "input", "br", "rect"}


class Balanced(HTMLParser):
    """Collects the texts of a page whose tags are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.links += [v for k, v in attributes if k in ("src", "href")]

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.fixture
def two_days():
    first = pa.table({"fare": [1.0, 2.0, 3.0, 4.0], "city": ["A", "A", "B", "<b>"]})
    second = pa.table({"fare": [2.0, 3.0, 4.0, 50.0], "city": ["A", "Z", "Z", "Z"]})
    return [tfdv.generate_statistics_from_arrow(day) for day in (first, second)]


def test_a_page(two_days):
    before, now = two_days
    schema = tfdv.infer_schema(before)
    tfdv.get_feature(schema, "city").drift_comparator.infinity_norm.threshold = 0.1
    anomalies = tfdv.validate_statistics(now, schema, previous_statistics=before)
    explanations = tfdv.explain_anomalies(anomalies, now, before)
    page = tfdv.statistics_page(
        now, before, names=("today", "yesterday"), anomalies=anomalies, explanations=explanations
    )
    found = read(page)
    text = " ".join(found.text)
    assert found.links == []
    assert "http" not in re.sub(r"http-equiv", "", page)
    assert text.index("Anomalies (1)") < text.index("Features")
    for part in ("today: 4 rows", "yesterday: 4 rows", "distribution_constraints", "chance alone"):
        assert part in text
    assert "<b>&lt;" not in page
    assert "&lt;b&gt;" in page


def test_a_page_of_very_many_features_stays_small():
    columns = {f"feature_{i}": [float(i), 2.0 * i, -1.0] for i in range(2500)}
    statistics = tfdv.generate_statistics_from_arrow(pa.table(columns))
    page = tfdv.statistics_page(statistics)
    assert len(page.encode()) < 2_000_000
    assert "more features" in page
    read(page)


def test_html_of_tfdv(two_days):
    page = tfdv.get_statistics_html(*two_days, lhs_name="a", rhs_name="b")
    assert 'data-name="fare"' in page
    only = tfdv.get_statistics_html(two_days[0], allowlist_features=[tfdv.FeaturePath(["fare"])])
    assert 'data-name="city"' not in only
    without = tfdv.get_statistics_html(two_days[0], denylist_features=[tfdv.FeaturePath(["fare"])])
    assert 'data-name="fare"' not in without
    with pytest.raises(ValueError, match="Only specify one"):
        tfdv.get_statistics_html(two_days[0], allowlist_features=[], denylist_features=[])


def test_frames_and_display(two_days, capsys):
    pytest.importorskip("pandas")
    before, now = two_days
    schema = tfdv.infer_schema(before)
    features, domains = tfdv.get_schema_dataframe(schema)
    assert features.loc["'fare'"].to_list() == ["FLOAT", "required", "", "-"]
    assert domains.loc["'city'", "Values"] == "'<b>', 'A', 'B'"
    anomalies = tfdv.validate_statistics(now, schema)
    frame = tfdv.get_anomalies_dataframe(anomalies)
    assert frame.loc["'city'", "Anomaly types"] == "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    tfdv.display_schema(schema)
    tfdv.display_anomalies(metadata.Anomalies())
    assert "No anomalies found." in capsys.readouterr().out
    with pytest.raises(TypeError, match="should be"):
        tfdv.display_anomalies(schema)


def test_text_tables():
    table = text_table(["a", "b"], [["1", "long words " * 9]], 40)
    lines = table.splitlines()
    assert lines[0].startswith("a  b")
    assert all(len(line) <= 40 for line in lines)


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "train.csv").write_text("fare,city\n1.5,A\n2.5,B\n3.5,A\n")
    (tmp_path / "today.csv").write_text("fare,city\n1.5,A\n-2.5,Z\n")
    return tmp_path


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_from_data_to_report(files, capsys):
    schema, page = files / "schema.pbtxt", files / "page.html"
    status, out, _ = run(capsys, "schema", files / "train.csv", "--output", schema)
    assert (status, "'fare'" in out) == (0, True)
    assert run(capsys, "validate", files / "train.csv", "--schema", schema)[:2] == (
        0,
        "No anomalies found.\n",
    )
    (files / "none.csv").write_text("fare,city\n")
    assert run(capsys, "validate", files / "none.csv", "--schema", schema)[:2] == (
        1,
        "There are no rows.\n",
    )
    refused = files / "refused.jsonl"
    arguments = ["validate", files / "today.csv", "--schema", schema, "--quarantine", refused]
    status, out, _ = run(capsys, *arguments, "--output", files / "anomalies.pbtxt")
    assert status == 1
    assert "ENUM_TYPE_UNEXPECTED_STRING_VALUES" in out
    assert "1 rows were written" in out
    assert len(list(tfdv.read_quarantine(refused))) == 1
    assert tfdv.load_anomalies_text(files / "anomalies.pbtxt").anomaly_info
    status, out, _ = run(capsys, *arguments, "--json")
    assert json.loads(out)["anomalies"][0]["feature"] == "city"
    arguments = ["report", files / "today.csv", "--previous", files / "train.csv"]
    assert run(capsys, *arguments, "--schema", schema, "--output", page)[0] == 0
    assert "Anomalies (1)" in page.read_text()


def test_hints(files, capsys):
    lines = "".join(f"{i}.5,{2 * i + 1},{1000 - i},k{i % 90}\n" for i in range(100))
    (files / "rows.csv").write_text("fare,paid,time,key\n" + lines)
    flags = ["--label", "paid", "--time", "time", "--max-age", "60", "--key", "key"]
    status, out, _ = run(capsys, "hints", files / "rows.csv", *flags, "--json")
    hints = {one["feature"]: one["hint"] for one in json.loads(out)}
    assert (status, set(hints)) == (1, {"fare", "time", "key"})
    status, out, _ = run(capsys, "hints", files / "rows.csv", "--previous", files / "train.csv")
    assert (status, "all rows" in out) == (1, True)
    assert run(capsys, "hints", files / "rows.csv")[:2] == (0, "Nothing looks wrong.\n")


def test_stats_drift_and_updates(files, capsys):
    kept = files / "stats.pb"
    status, out, _ = run(capsys, "stats", files / "train.csv", "--output", kept, "--slice", "city")
    assert status == 0
    assert "city_A: 2 rows" in out
    assert run(capsys, "stats", kept, "--json")[0] == 0
    status, out, _ = run(capsys, "drift", files / "today.csv", "--previous", kept)
    assert status == 0
    assert "l infty" in out
    schema = files / "schema.pbtxt"
    run(capsys, "schema", files / "train.csv", "--output", schema)
    status, out, _ = run(capsys, "schema", files / "today.csv", "--update", schema)
    assert status == 0
    assert '"Z"' in out


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["stats", "none.csv"], "none.csv"),
        (["stats", "{}/train.csv", "--sample", "7"], "sample_rate"),
        (["validate", "{}/train.csv", "--schema", "{}/train.csv"], "Schema"),
        (["stats", "{}/bad.csv"], "row 2"),
        (["stats", "{}/what.xyz"], "--format"),
    ],
)
def test_what_cannot_be_done(files, capsys, arguments, said):
    (files / "bad.csv").write_text("a,b\n1,2\n3\n")
    (files / "what.xyz").write_text("?")
    status, _, err = run(capsys, *[argument.format(files) for argument in arguments])
    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_the_alias():
    import subprocess
    import sys

    program = (
        "from tidefall.compat import tensorflow as t; t.enable()\n"
        "import tensorflow_data_validation as tfdv\n"
        "print(tfdv.StatsOptions().num_top_values, tfdv.__version__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["20", "1.16.1"], done.stderr
