"""The benchmark table: which mode counts, units, ratios, and what is said of failures."""

import json
from xml.etree import ElementTree

import pytest

from benchmarks import limits, machine, picture, report, timing
from benchmarks.__main__ import write


@pytest.fixture
def results():
    found = report.Results()
    for who, mode, values in [
        ("tidefall", "tf.function", [1e-6, 1e-6, 1e-6]),
        ("tidefall", "jit_compile", [8e-6, 9e-6, 30e-6]),
        ("tensorflow", "tf.function", [3e-4, 4e-4, 5e-4]),
        ("tensorflow", "jit_compile", [1e-4, 2e-4, 3e-4]),
        ("jax", "jit", [4e-6, 4.5e-6, 5e-6]),
    ]:
        for value in values:
            found.add("compiled_call", who, mode, value)
    return found


def test_a_peer_is_represented_by_its_faster_mode(results):
    assert results.best("compiled_call", "tensorflow") == ("jit_compile", [1e-4, 2e-4, 3e-4])


def test_the_compiled_row_does_not_count_tidefalls_host_executor(results):
    assert results.best("compiled_call", "tidefall")[0] == "jit_compile"


def test_ratio_is_to_the_best_peer(results):
    assert results.ratio("compiled_call", ["tensorflow", "jax"]) == pytest.approx(2.0)
    assert results.ratio("compiled_call", []) is None
    for who in ("tidefall", "tensorflow"):
        results.add("retained_memory", who, "tf.function", 0)
    assert results.ratio("retained_memory", ["tensorflow"]) is None


@pytest.mark.parametrize(
    ("value", "case", "text"),
    [
        (1.234e-6, "add", "1.23 us"),
        (5e-7, "add", "0.5 us"),
        (0.0456, "add", "45.6 ms"),
        (2.0, "import_seconds", "2 s"),
        (50 * 2**20, "import_memory", "50 MB"),
    ],
)
def test_quantities_carry_their_unit(value, case, text):
    assert report.quantity(value, case) == text


def test_the_table_shows_spread_mode_and_failures(results):
    results.failures["jax"] = {"add": "ValueError: no"}
    lines = report.table(results, ["tidefall", "tensorflow", "jax"]).splitlines()
    head = "|  | tidefall | tensorflow | jax | ratio to best peer | times the machine's limit |"
    assert lines[0] == head
    assert lines[2].endswith("| - | - | failed | - | - |")
    assert "9 us (8 us..30 us, jit_compile)" in lines[3]
    assert lines[3].endswith("| 2.00 | - |")
    assert report.notes(results) == "- jax, add: failed: ValueError: no\n"


def test_results_are_written_whole(results, tmp_path):
    write(tmp_path / "out" / "benchmarks", results, "# page", {"cpu": "x"})
    saved = json.loads((tmp_path / "out" / "benchmarks.json").read_text())
    assert saved["cases"]["compiled_call"]["jax"]["jit"]["median"] == 4.5e-6
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["benchmarks.json", "benchmarks.md"]


def test_each_kind_of_machine_has_a_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "FOLDER", tmp_path / "results")
    monkeypatch.setattr(machine, "INDEX", tmp_path / "results.md")
    here = machine.machine()
    assert set(here) == {"cpu", "instructions", "cores", "system", "python", "date"}
    wide = here | {"cpu": "AMD EPYC", "instructions": "AVX-512", "cores": 2}
    narrow = wide | {"instructions": "AVX2"}
    assert machine.is_shown(wide)
    for where in (wide, narrow):
        text = json.dumps({"machine": where})
        machine.write_whole(machine.results_of(where) / "benchmarks.json", text)
        machine.write_whole(machine.results_of(where) / "benchmarks.md", "# page")
    assert (machine.is_shown(wide), machine.is_shown(narrow)) == (False, True)
    machine.write_index()
    index = machine.INDEX.read_text()
    assert "(results/amd-epyc-avx2-2-cores/benchmarks.md)" in index
    assert "(results/amd-epyc-avx-512-2-cores/benchmarks.md)" in index


def test_rows_of_models_are_compared_with_the_least_time_they_need():
    found = report.Results(
        limits=[{"flops": 1e11, "copied": 1e10}, {"flops": 2e11, "copied": 1e10}]
    )
    step = limits.operations("keras_mlp_step")
    # Two products more than forward for each layer, but for the gradient of the model's input.
    products = [128 * n * m for n, m in ((784, 512), (512, 512), (512, 10))]
    assert step == 2 * (3 * sum(products) - products[0])
    found.add("keras_mlp_step", "tidefall", "jit_compile", 3 * step / 2e11)
    assert found.over_limit("keras_mlp_step") == pytest.approx(3)
    assert found.over_limit("add") is None
    assert limits.operations("keras_cnn_predict") == 64 * limits.operations("keras_cnn_predict_one")
    assert limits.operations("keras_lstm_memory") is None


def test_the_limits_of_the_machine_are_measured():
    assert all(figure > 1e6 for figure in limits.measure(quick=True).values())


def test_the_picture_shows_who_is_ahead(results):
    results.add("add", "tidefall", "eager", 1.0)
    results.add("add", "jax", "eager", 4.0)
    text = picture.drawn(results, ["tensorflow", "jax"])
    root = ElementTree.fromstring(text)
    shown = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "eager add, 8x8 f32" in shown
    assert {"4", "0.5"} <= set(shown)
    colors = [r.get("fill") for r in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert colors[1:] == [picture.AHEAD, picture.BEHIND]


def test_a_failing_case_is_reported_and_the_others_still_run(capsys):
    def broken(clock):
        raise ValueError("no kernel")

    def absent(clock):
        raise timing.Unavailable("needs a compiler")

    def works(clock):
        return {"eager": clock.statement("x + 1", {"x": 1})}

    arguments = timing.parser().parse_args(["--quick"])
    timing.main({}, {"broken": broken, "absent": absent, "works": works}, arguments)
    answer = json.loads(capsys.readouterr().out)
    assert answer["failures"] == {"broken": "ValueError: no kernel"}
    assert answer["unavailable"] == {"absent": "needs a compiler"}
    assert answer["seconds"]["works"]["eager"] > 0
