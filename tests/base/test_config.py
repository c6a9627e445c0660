"""`config`: fields, environment variables, overrides, and what follows from a change."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import tidefall as tf
from tidefall.base.config import SWITCHES, Config, config
from tidefall.base.shapes import TensorShape

ENVIRONMENT = [
    ("tier", "TIDEFALL_TIER", "xla", "xla"),
    ("tier", "TIDEFALL_TIER", "", "auto"),
    ("native", "TIDEFALL_NATIVE", "0", False),
    ("native", "TIDEFALL_NATIVE", "False", False),
    ("native", "TIDEFALL_NATIVE", "1", True),
    ("native", "TIDEFALL_NATIVE", "", True),
    ("tune", "TIDEFALL_TUNE", "0", False),
    ("max_isa", "TIDEFALL_MAX_ISA", "avx2", "avx2"),
    ("cache", "TIDEFALL_CACHE", "/tmp/programs", "/tmp/programs"),
    ("cache", "TIDEFALL_CACHE", "", ""),
    ("keep_memory", "TIDEFALL_KEEP_MEMORY", "no", False),
    ("dump", "TIDEFALL_DUMP", "graphs", "graphs"),
    ("trust_aot", "TIDEFALL_TRUST_AOT", "1", "1"),
    ("heartbeat_ms", "TIDEFALL_HEARTBEAT_MS", "100", 100),
    ("silence_ms", "TIDEFALL_SILENCE_MS", "1000", 1000),
    ("autograph_verbosity", "AUTOGRAPH_VERBOSITY", "3", 3),
    ("autograph_verbosity", "AUTOGRAPH_VERBOSITY", "", 0),
]


@pytest.mark.parametrize(("name", "variable", "text", "value"), ENVIRONMENT)
def test_the_environment_sets_a_field(
    name: str, variable: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, text)
    fresh = Config()
    assert getattr(fresh, name) == value
    monkeypatch.delenv(variable)  # it is read once
    assert getattr(fresh, name) == value
    assert getattr(Config(), name) == SWITCHES[name].default


def test_every_variable_is_tried() -> None:
    variables = {(name, switch.variable) for name, switch in SWITCHES.items() if switch.variable}
    assert variables == {(name, variable) for name, variable, _, _ in ENVIRONMENT}


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("tier", "fast", "'auto', 'host' or 'xla'"),
        ("native", "off", "0 or 1"),
        ("autograph_verbosity", "much", "an int"),
    ],
)
def test_what_a_variable_cannot_say_is_refused(
    name: str, text: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = SWITCHES[name].variable
    monkeypatch.setenv(variable, text)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"{variable} must be {allowed}. Received: '{text}'"):
            getattr(Config(), name)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_field_takes_its_default(name: str) -> None:
    fresh = Config()
    setattr(fresh, name, SWITCHES[name].default)
    assert SWITCHES[name].text.endswith(".") and SWITCHES[name].allowed


@pytest.mark.parametrize(
    ("name", "value", "error", "match"),
    [
        ("teir", "host", AttributeError, "no field 'teir'. It has tier, native, "),
        ("tier", "fast", ValueError, "must be 'auto', 'host' or 'xla'. Received: 'fast'"),
        ("tier", None, ValueError, "Received: None"),
        ("native", 1, TypeError, "config.native must be True or False. Received: 1"),
        ("cache", Path(), TypeError, "config.cache must be a str or None"),
        ("autograph_verbosity", True, TypeError, "must be an int"),
        ("optimizer_options", "all", TypeError, "must be a mapping"),
    ],
)
def test_other_names_and_values_are_refused(
    name: str, value: Any, error: type[Exception], match: str
) -> None:
    fresh = Config()
    with pytest.raises(error, match=match):
        setattr(fresh, name, value)
    with pytest.raises(error, match=match), fresh.override(mlir_bridge=True, **{name: value}):
        pass
    assert fresh.mlir_bridge is False


def test_there_are_no_other_fields() -> None:
    with pytest.raises(AttributeError, match="no attribute 'teir'"):
        config.teir  # type: ignore[attr-defined]  # noqa: B018


def test_overrides_nest_and_end_with_their_block() -> None:
    fresh = Config()

    def fail() -> None:
        with fresh.override(tier="xla"):
            assert (fresh.tier, fresh.native) == ("xla", False)
            raise KeyError

    before = fresh.changed()
    with fresh.override(tier="host", native=False):
        with pytest.raises(KeyError):
            fail()
        assert fresh.changed() == before | {"tier": "host", "native": False}
        fresh.mlir_bridge = True  # it was not overridden, so it stays
    assert fresh.changed() == before | {"mlir_bridge": True}


def test_all_threads_see_an_override() -> None:
    with config.override(trust_aot="here"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: config.trust_aot).result() == "here"


def test_observers_are_called_with_each_value() -> None:
    fresh, seen = Config(), []
    fresh.observe("tier", seen.append)
    with fresh.override(tier="host"):
        fresh.observe("tier", lambda tier: seen.append(f"late {tier}"))
        fresh.tier = "xla"
    assert seen == ["host", "late host", "xla", "late xla", "auto", "late auto"]


def test_the_documentation_has_every_field(repo_root: Path) -> None:
    text = (repo_root / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    found = [[cell.strip().replace("`", "") for cell in row] for row in rows]
    assert found == [
        [name, each.allowed, "{}" if each.default == {} else repr(each.default), each.variable,
         each.text.replace("`", "")]
        for name, each in SWITCHES.items()
    ]  # fmt: skip


# ---- what follows from the fields of the one config ----


def test_the_optimizer() -> None:
    with config.override(autoclustering=True, optimizer_options={"constant_folding": False}):
        assert tf.config.optimizer.get_jit() == "autoclustering"
        assert not tf.config.optimizer.get_experimental_options()["constant_folding"]
        tf.config.optimizer.set_experimental_options({"remapping": False})
        assert dict(config.optimizer_options) == {"constant_folding": False, "remapping": False}


def test_functions_that_run_eagerly() -> None:
    function = tf.function(lambda: tf.executing_eagerly())
    with config.override(functions_run_eagerly=True):
        assert tf.config.functions_run_eagerly() and function() is True
    assert not function()


def test_precision() -> None:
    jax = pytest.importorskip("jax")
    tf.function(lambda: tf.constant(1), jit_compile=True)()
    with config.override(tensor_float_32=False):
        assert not tf.config.experimental.tensor_float_32_execution_enabled()
        assert jax.config.jax_default_matmul_precision == "highest"
    assert jax.config.jax_default_matmul_precision is None


def test_checks_reach_this_thread_and_later_ones(capfd: pytest.CaptureFixture[str]) -> None:
    failed = []

    def log_of_minus_one() -> None:
        with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
            tf.math.log(-1.0)
        failed.append(True)

    with config.override(check_numerics=True, log_device_placement=True, strict_broadcasting=True):
        log_of_minus_one()
        later = threading.Thread(target=log_of_minus_one)
        later.start()
        later.join()
        with pytest.raises(tf.errors.InvalidArgumentError, match="shape"):
            tf.ones([2, 3]) + tf.ones([3])
    assert failed == [True, True] and "Executing op AddV2" in capfd.readouterr().err
    tf.math.log(-1.0)
    assert not capfd.readouterr().err


def test_shapes_of_dimensions() -> None:
    with config.override(v2_tensorshape=False):
        assert TensorShape([2, 3])[0].value == 2  # type: ignore[union-attr]
    assert TensorShape([2, 3])[0] == 2


@pytest.mark.process
def test_graphs_from_the_start(run_python: Any) -> None:
    program = """if True:
        import tidefall as tf
        from tidefall.base.config import config
        with config.override(eager_execution=False):
            print(tf.executing_eagerly(), tf.constant(1).op.name)
        print(tf.executing_eagerly(), int(tf.constant(1) + 1))
    """
    assert run_python(program).split() == ["False", "Const", "True", "2"]
