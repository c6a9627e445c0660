"""Programs compiled ahead of time: used where they fit and are trusted, and only there."""

import json
import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.runtime.xla.ahead_of_time import WarmPlan
from tidefall.saving.saved_model import ahead_of_time
from tidefall.saving.saved_model.ahead_of_time import FOLDER, MANIFEST, is_trusted
from tidefall.serving.flags import parse_flags
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.tools.saved_model_cli.aot_compile import parse_shapes


class Dense(tf.Module):
    def __init__(self):
        self.w = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))
        self.unused = tf.Variable(1.0)
        self.count = tf.Variable(0)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 4], tf.float32, "x"),
            tf.TensorSpec([], tf.int64, "n"),
        ]
    )
    def serve(self, x, n):
        return {"y": tf.nn.relu(x @ self.w), "n": n + 1, "half": tf.cast(x, tf.bfloat16)}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32, "x")])
    def wide(self, x):
        return {"y": x * 2}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def counting(self, x):
        self.count.assign_add(1)
        return {"y": x}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.string, "x")])
    def texts(self, x):
        return {"y": tf.strings.upper(x)}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def noisy(self, x):
        return {"y": x + tf.random.uniform([2])}


SIGNATURES = ("wide", "counting", "texts", "noisy")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A model with programs for batches of 2 and 5."""
    from tidefall.tools.saved_model_cli.cli import main

    folder = tmp_path_factory.mktemp("compiled") / "model"
    module = Dense()
    functions = {name: getattr(module, name) for name in SIGNATURES}
    tf.saved_model.save(module, folder, {"serving_default": module.serve, **functions})
    assert main(["aot_compile", "--dir", str(folder), "--batch_sizes", "2,5"]) == 0
    return folder


@pytest.fixture
def model(compiled, tmp_path):
    """A copy of it that may be spoiled."""
    return Path(shutil.copytree(compiled, tmp_path / "model"))


def load(folder, trust=True):
    options = tf.saved_model.LoadOptions()
    options.experimental_trust_aot = trust
    return tf.saved_model.load(folder, options=options)


def plan_of(loaded, key="serving_default"):
    return loaded.signatures[key].graph_function.prepared


def check(loaded, batch):
    x = np.arange(batch * 4, dtype=np.float32).reshape(batch, 4) - 3
    found = loaded.signatures["serving_default"](x=tf.constant(x), n=tf.constant(2**40))
    w = np.arange(12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_allclose(found["y"].numpy(), np.maximum(x @ w, 0), rtol=1e-5)
    assert found["n"].numpy() == 2**40 + 1
    assert found["half"].dtype == tf.bfloat16


def test_the_programs_run_and_nothing_is_compiled(compiled, monkeypatch):
    loaded = load(compiled)
    plan = plan_of(loaded)
    assert isinstance(plan, WarmPlan)
    assert len(plan._programs) == 2

    def never(*_):
        raise AssertionError("compiled or run in another way")

    monkeypatch.setattr(plan, "_make_plan", never)
    for batch in (2, 5, 2):
        check(loaded, batch)


def test_other_shapes_run_in_the_ordinary_way(compiled):
    loaded = load(compiled)
    check(loaded, 3)
    assert plan_of(loaded)._loaded == {}
    check(loaded, 2)
    assert len(plan_of(loaded)._loaded) == 1


def test_new_values_of_variables_are_seen(compiled):
    loaded = load(compiled)
    check(loaded, 2)
    loaded.w.assign(tf.zeros([4, 3]))
    found = loaded.signatures["serving_default"](x=tf.ones([2, 4]), n=tf.constant(0, tf.int64))
    assert found["y"].numpy().tolist() == [[0, 0, 0]] * 2


def test_gradients_of_a_signature(compiled):
    loaded = load(compiled)
    with tf.GradientTape() as tape:
        found = loaded.signatures["serving_default"](x=tf.ones([2, 4]), n=tf.constant(0, tf.int64))
        loss = tf.reduce_sum(found["y"])
    assert tape.gradient(loss, loaded.w).numpy().tolist() == [[2, 2, 2]] * 4


def test_all_programs_are_loaded_when_a_server_asks(compiled):
    loaded = load(compiled)
    assert ahead_of_time.prepared_programs(loaded.signatures) == 2
    assert ahead_of_time.prepared_programs(load(compiled, trust=False).signatures) == 0


def test_a_server_that_trusts_its_models_starts_warm(compiled):
    assert parse_flags(["--model_base_path=x"]).trust_aot is False
    assert parse_flags(["--model_base_path=x", "--trust_aot"]).trust_aot is True
    for trust, count in ((True, 2), (False, 0)):
        servable = load_saved_model(compiled, trust_aot=trust)
        plans = servable._model.signatures.warm_plans
        assert sum(len(plan._loaded) for plan in plans) == count
        x = np.ones((2, 4), np.float32)
        found = servable.signatures["serving_default"].run({"x": x, "n": np.array(1)})
        assert found["y"].tolist() == [[18, 22, 26]] * 2


def test_the_host_tier_stays_on_the_host(compiled):
    loaded = load(compiled)
    with config.override(tier="host"):
        check(loaded, 2)
    assert plan_of(loaded)._loaded == {}


# ---- what is not used, and why ----


def manifest_of(folder) -> dict:
    return json.loads((folder / FOLDER / MANIFEST).read_text())


def change(folder, **parts):
    path = folder / FOLDER / MANIFEST
    path.write_text(json.dumps({**manifest_of(folder), **parts}))


def other_machine(folder):
    machine = {**manifest_of(folder)["machine"], "cpu_features": ["avx9000"]}
    change(folder, machine=machine)


def other_processor(folder):
    change(folder, machine={**manifest_of(folder)["machine"], "processor": "z80"})


def other_version(folder):
    change(folder, versions={**manifest_of(folder)["versions"], "jaxlib": "0.0.1"})


def other_model(folder):
    tf.saved_model.save(Dense(), folder)


def not_json(folder):
    (folder / FOLDER / MANIFEST).write_bytes(b"\xff{")


def file_outside(folder):
    programs = manifest_of(folder)["programs"]
    change(folder, programs=[{**entry, "file": "../x.xla"} for entry in programs])


def no_programs(folder):
    path = folder / FOLDER / MANIFEST
    path.write_text(json.dumps({"format": ahead_of_time.FORMAT}))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (other_machine, "avx9000, which this one lacks"),
        (other_processor, "made for z80"),
        (other_version, "'jaxlib': '0.0.1'"),
        (other_model, "the model has changed since"),
        (not_json, "is damaged"),
        (file_outside, "it names the file '../x.xla'"),
        (no_programs, "is damaged"),
    ],
)
def test_what_does_not_fit_is_left_out_with_one_line(model, caplog, spoil, reason):
    spoil(model)
    with caplog.at_level(logging.WARNING, "tidefall"):
        loaded = load(model)
    assert [reason in record.getMessage() for record in caplog.records] == [True]
    for function in loaded.signatures.values():
        assert not isinstance(function.graph_function.prepared, WarmPlan)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


def replace_by_link(path):
    target = path.with_suffix(".moved")
    os.rename(path, target)
    os.symlink(target, path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (flip, "its checksum does not match"),
        (cut, "its checksum does not match"),
        (Path.unlink, "No such file"),
        (replace_by_link, "is a link"),
    ],
)
def test_damaged_programs_are_never_run(model, caplog, spoil, reason):
    for path in (model / FOLDER).glob("*.xla"):
        spoil(path)
    loaded = load(model)
    with caplog.at_level(logging.WARNING, "tidefall"):
        check(loaded, 2)
        check(loaded, 2)
    assert [reason in record.getMessage() for record in caplog.records] == [True]
    assert plan_of(loaded)._loaded == {}


def test_a_program_for_another_compiler_is_not_run(model, caplog):
    change(model, machine={**manifest_of(model)["machine"], "compiler": "another"})
    loaded = load(model)
    with caplog.at_level(logging.WARNING, "tidefall"):
        check(loaded, 2)
    assert "it was made for compiler another" in caplog.text


def test_a_program_of_another_function_is_not_run(model, caplog):
    programs = manifest_of(model)["programs"]
    change(model, programs=[{**entry, "signature": "wide"} for entry in programs])
    loaded = load(model)
    found = loaded.signatures["wide"](tf.ones([2, 4]))
    assert found["y"].numpy().tolist() == [[2] * 4] * 2
    check(loaded, 2)


def test_a_manifest_without_its_machine(model, caplog):
    kept = {k: v for k, v in manifest_of(model)["machine"].items() if k != "platform"}
    change(model, machine=kept)
    loaded = load(model)
    with caplog.at_level(logging.WARNING, "tidefall"):
        check(loaded, 2)
    assert "platform" in caplog.text


def test_a_program_that_fails_when_it_runs(model, caplog, monkeypatch):
    def lost(self, values):
        raise RuntimeError("NOT_FOUND: a function of it")

    monkeypatch.setattr("tidefall.runtime.xla.ahead_of_time._Loaded.__call__", lost)
    loaded = load(model)
    with caplog.at_level(logging.WARNING, "tidefall"):
        check(loaded, 2)
        check(loaded, 2)
    assert caplog.text.count("NOT_FOUND: a function of it") == 1


def test_compiling_twice_stores_programs_that_run(cli, model, monkeypatch):
    # The second time XLA's own cache knows the program.
    for _ in range(2):
        assert cli("aot_compile", "--dir", model, "--batch_sizes", "4")[0] == 0
    loaded = load(model)
    monkeypatch.setattr(plan_of(loaded), "_make_plan", None)
    check(loaded, 4)


@pytest.mark.parametrize(("part", "value"), [(1, "float64"), (2, [7, 4])])
def test_a_description_that_does_not_fit_its_program(model, caplog, part, value):
    programs = manifest_of(model)["programs"][:1]
    position = next(i for i, entry in enumerate(programs[0]["inputs"]) if entry[2] == [2, 4])
    programs[0]["inputs"][position][part] = value
    change(model, programs=programs)
    loaded = load(model)
    batch = value[0] if part == 2 else 2
    with caplog.at_level(logging.WARNING, "tidefall"):
        check(loaded, batch)
    assert "it takes other inputs than its description says" in caplog.text


def test_nothing_is_run_that_nobody_trusts(compiled, caplog):
    with config.override(trust_aot=""), caplog.at_level(logging.WARNING, "tidefall"):
        loaded = tf.saved_model.load(compiled)
    assert len(caplog.records) == 1
    assert "set TIDEFALL_TRUST_AOT=1" in caplog.text
    assert not isinstance(plan_of(loaded), WarmPlan)
    with config.override(trust_aot=str(compiled.parent)):
        assert isinstance(plan_of(tf.saved_model.load(compiled)), WarmPlan)


@pytest.mark.parametrize(
    ("setting", "trusted"),
    [("1", True), ("true", True), ("0", False), ("", False), ("no", False), ("models", True),
     ("models/a", True), ("other:models", True), ("models/a/b", False), ("model", False)],
)  # fmt: skip
def test_who_is_trusted(tmp_path, monkeypatch, setting, trusted):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "a").mkdir(parents=True)
    with config.override(trust_aot=setting):
        assert is_trusted("models/a") is trusted
        assert is_trusted("models/a", trust=not trusted) is not trusted


# ---- the command ----


def test_what_the_command_says_and_stores(cli, model):
    status, out, _ = cli("aot_compile_cpu", "--dir", model, "--signature_def_key", "wide",
                         "--shapes", "x=3,2", "--shapes", "x=1,2")  # fmt: skip
    assert status == 0
    assert "Compiled wide(x[3, 2]) for cpu in " in out
    assert "Stored 2 programs" in out
    # Those of before are gone.
    assert sorted(p.suffix for p in (model / FOLDER).iterdir()) == [".json", ".xla", ".xla"]
    loaded = load(model)
    assert loaded.signatures["wide"](tf.ones([3, 2]))["y"].numpy().tolist() == [[2, 2]] * 3
    assert len(plan_of(loaded, "wide")._loaded) == 1
    assert cli("aot_compile", "--dir", model, "--remove")[1] == "Removed 3 files.\n"
    assert not (model / FOLDER).exists()
    assert cli("aot_compile", "--dir", model, "--remove")[1] == "Removed 0 files.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--signature_def_key", "x"], 'Could not find signature "x"'),
        (["--signature_def_key", "wide"], "say which with --shapes 'x=...'"),
        (["--shapes", "x=2,9"], "serving_default takes x of shape (None, 4), not [2, 9]"),
        (["--shapes", "x=a"], "--shapes takes 'name=2,3;other=4'"),
        (["--batch_sizes", "0"], "--batch_sizes takes numbers above 0"),
        (["--signature_def_key", "counting"], "assigns variables"),
        (["--signature_def_key", "noisy"], "draws random numbers"),
        (["--signature_def_key", "texts"], "StringUpper"),
        (["--cpp_class", "a::B"], "--cpp_class is not implemented"),
    ],
)
def test_what_cannot_be_compiled(cli, compiled, arguments, message):
    before = manifest_of(compiled)
    status, _, err = cli("aot_compile", "--dir", compiled, *arguments)
    assert status == 1
    assert message in err
    assert manifest_of(compiled) == before


def test_there_may_be_no_gpu(cli, compiled):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is one")
    status, _, err = cli("aot_compile_gpu", "--dir", compiled)
    assert status == 1
    assert "gpu" in err


def test_shapes_on_the_command_line():
    assert parse_shapes("a=1,2;b=;c=[3]") == {"a": (1, 2), "b": (), "c": (3,)}
    assert parse_shapes("") == {}
