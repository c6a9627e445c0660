"""`python -m tidefall.doctor` tells what is here, and ends with 1 if something is wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tidefall.base.config import Config, config
from tidefall.native import library
from tidefall.tools.doctor import checks, packages
from tidefall.tools.doctor.cli import main


@pytest.mark.process
def test_a_sound_installation(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tidefall.doctor", "--json"],
        env=os.environ | {"TIDEFALL_NATIVE": "0", "TIDEFALL_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    report = json.loads(said.stdout)
    table = {(f["subject"], f["name"]): f for f in report["findings"]}
    assert (said.returncode, report["ok"]) == (
        int(any(f["level"] == "wrong" for f in report["findings"])),
        all(f["level"] != "wrong" for f in report["findings"]),
    )
    assert table["Native kernels", "library"]["value"] == "turned off by TIDEFALL_NATIVE=0"
    assert table["Native kernels", "library"]["level"] == "note"
    assert table["Compilation cache", "size"]["value"] == "0 MB in 0 files"
    assert ("Packages", "numpy") in table and ("Machine", "cores") in table
    assert table["Switches", "native"]["value"] == "False, by default True"
    assert ("Switches", "tier") not in table


def test_its_exit_status_and_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = checks.Finding("Subject", "name", "value")
    monkeypatch.setattr("tidefall.tools.doctor.cli.findings", lambda: [good])
    assert main([]) == 0
    assert capsys.readouterr().out == "Subject\n  name  value\n\nAll is well.\n"
    bad = checks.Finding("Subject", "other", "broken", checks.WRONG, "Mend it.")
    monkeypatch.setattr("tidefall.tools.doctor.cli.findings", lambda: [good, bad])
    assert main([]) == 1
    out = capsys.readouterr().out
    assert "! other  broken\n         Mend it.\n" in out
    assert out.endswith("\n1 thing wrong.\n")


def test_packages_that_are_missing_or_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    wishes = ["numpy>=2", "numpy>=99", "no-such-package>=1", "jaxlib==0.10.1"]
    wishes.append("pillow; extra == 'x'")
    monkeypatch.setattr(packages, "declared", lambda: wishes)
    here = {"numpy": "2.4.0", "jaxlib": "0.10.2"}
    monkeypatch.setattr(packages, "version_of", lambda name: here.get(name, ""))
    good, bad, missing, slow = list(checks._packages())[2:]
    assert (good.value, good.level) == ("2.4.0", "ok")
    assert (bad.value, bad.level) == ("2.4.0, but >=99 is wanted", "wrong")
    assert (missing.value, missing.advice) == ("missing", "pip install 'no-such-package>=1'")
    assert slow.level == "wrong" and "one core" in slow.advice and "jax==0.10.1" in slow.advice
    (extra,) = checks._extras()
    assert (extra.name, extra.value, extra.level) == ("x", "without pillow", "note")


def test_what_is_required_is_read_from_the_sources() -> None:
    names = {package.name for package in packages.packages()}
    assert {"numpy", "jax", "keras", "protobuf"} <= names
    assert {"serve", "workers"} <= set(packages.extras())
    assert [package.name for package in packages.packages("serve")] == ["grpcio", "orjson"]


REASONS = {
    "not built: that takes a C++ compiler when tidefall is installed": ("note", "make native"),
    "not loaded: libgomp.so.1: cannot open shared object file": ("wrong", "libgomp1"),
    "not loaded: the package onednn-cpu-gomp is not installed": ("wrong", "Install tidefall again"),
    "not used: the library was built from other sources": ("wrong", "make native"),
    "not there: they are for x86-64 Linux": ("note", ""),
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setattr(library, "status", lambda: library.Status(None, reason))
    (finding,) = checks._native_kernels()
    level, advice = REASONS[reason]
    assert (finding.value, finding.level) == (reason, level)
    assert advice in finding.advice


def test_a_variable_that_says_nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "config", Config())
    monkeypatch.delenv("TIDEFALL_CACHE", raising=False)
    monkeypatch.delenv("TIDEFALL_TUNE", raising=False)
    assert [f.value for f in checks._switches()] == ["as they are by default"]
    monkeypatch.setattr(checks, "config", Config())
    monkeypatch.setenv("TIDEFALL_TIER", "fast")
    (finding,) = checks._switches()
    assert finding[:4] == ("Switches", "tier", "fast", "wrong")
    assert "TIDEFALL_TIER must be 'auto', 'host' or 'xla'" in finding.advice


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    file = tmp_path / "file"
    file.write_text("12345")
    with config.override(cache=str(file)):
        folder, _ = checks._cache()
    assert folder.level == "wrong" and "TIDEFALL_CACHE" in folder.advice
    with config.override(cache=str(tmp_path / "new" / "folder")):
        assert [f.level for f in checks._cache()] == ["ok", "ok"]
    for off in ("", "0"):
        with config.override(cache=off):
            assert [(f.value, f.level) for f in checks._cache()] == [("turned off", "note")]


def test_who_answers_the_name_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    for installed, level in ((False, "ok"), (True, "note")):
        answer = real("json") if installed else None
        monkeypatch.setattr(
            checks.importlib.util,
            "find_spec",
            lambda name, answer=answer: answer if name == "tensorflow" else real(name),
        )
        assert [f.level for f in checks._tensorflow()] == [level]


def test_what_guides_import_comes_with_an_extra() -> None:
    """The packages that TensorFlow's guides and tutorials import in their first cells."""
    imported = {"keras", "matplotlib", "numpy", "pandas", "pillow", "scikit-learn", "seaborn"}
    there = {package.name for extra in ("", "notebooks") for package in packages.packages(extra)}
    assert imported <= there


def test_the_docs_list_every_extra_with_its_packages(repo_root: Path) -> None:
    text = (repo_root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", text, re.MULTILINE))
    for extra in packages.extras():
        assert extra in rows
        for package in packages.packages(extra):
            assert package.name in rows[extra], (extra, package.name)
