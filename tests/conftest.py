"""Fixtures every test may ask for: where things are, and whether they are there at all."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import hypothesis
import pytest

REPO = Path(__file__).resolve().parents[1]


DAY = 24 * 60 * 60


def pytest_configure(config: pytest.Config) -> None:
    """Sets what holds for all tests, and for the processes that they start."""
    # Compiled programs are kept from run to run, for a week, away from the user's own.
    cache = REPO / ".pytest_cache" / "xla"
    for entry in cache.glob("*"):
        if entry.stat().st_mtime < time.time() - 7 * DAY:
            entry.unlink(missing_ok=True)
    os.environ.setdefault("TIDEFALL_CACHE", str(cache))
    # Whatever is faster here, kernels are what the tests are about.
    os.environ.setdefault("TIDEFALL_TUNE", "0")
    # A shell lets what it starts in the background ignore interrupts; tests send some.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How fast examples are drawn says how busy the machine is, not what is wrong.
    hypothesis.settings.register_profile(
        "tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """Takes the tests themselves from what the collector walks: several collect in every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's root folder."""
    return REPO


@pytest.fixture(scope="session")
def interop_genuine() -> Path:
    """Folder of files written by real TensorFlow; skips where it is not installed beside us."""
    folder = REPO.parent / "shared" / "interop_genuine"
    if not folder.is_dir():
        pytest.skip(f"genuine TensorFlow files are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def oracle_python() -> Path:
    """Python of the environment with real TensorFlow; skips where `make oracle` has not run."""
    folder = Path(os.environ.get("TIDEFALL_ORACLE") or REPO / ".oracle").absolute()
    python = folder / "bin" / "python"
    if not python.exists():
        pytest.skip(f"real TensorFlow is not at {folder}: run `make oracle` or set TIDEFALL_ORACLE")
    return python


@pytest.fixture(scope="session")
def run_oracle(oracle_python: Path):
    """Runs Python source under real TensorFlow and returns what it printed to stdout."""

    def run(source: str, *args: str, timeout: float = 300) -> str:
        return _run([str(oracle_python), "-c", source, *args], timeout)

    return run


@pytest.fixture(scope="session")
def run_python():
    """Runs Python source in a fresh interpreter of this environment; returns its stdout."""

    def run(source: str, *args: str, timeout: float = 300) -> str:
        return _run([sys.executable, "-c", source, *args], timeout)

    return run


def _run(command: list[str], timeout: float) -> str:
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=env)
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was given to the compiling thread, to be done by the test."""
    from tidefall.runtime.policy import compile_service

    class Service(compile_service.CompileService):
        def submit(self, job):
            given.append(job)
            return True

    given = []
    service = Service()
    service.serves = True
    monkeypatch.setattr(compile_service, "service", service)
    return given


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome-headless-shell")


@pytest.fixture(scope="module")
def browser():
    """A Chromium: playwright's own, one on the PATH, or the program that TIDEFALL_BROWSER names."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    named = os.environ.get("TIDEFALL_BROWSER")
    named = named or next(filter(None, map(shutil.which, _BROWSERS)), None)
    with playwright.sync_playwright() as started:
        own = Path(started.chromium.executable_path)
        if named is None and not own.exists():
            pytest.skip("there is no browser: no Chromium on the PATH, and playwright has none")
        browser = started.chromium.launch(executable_path=named, args=["--no-sandbox"])
        yield browser
        browser.close()
