"""Without its native kernels, for whatever reason, everything works and the reason is told; with
them it works in threads and in forked processes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.native import library, sources
from tidefall.ops.nn.convolution import kernels
from tidefall.ops.nn.windows import geometry

built = pytest.mark.skipif(not library.enabled(), reason=library.status().reason)

CONVOLUTION = """
import numpy as np
import tidefall as tf
from pathlib import Path
from tidefall.native import library
{before}
x = np.arange(2 * 7 * 7 * 3, dtype=np.float32).reshape(2, 7, 7, 3) / 100
w = np.arange(3 * 3 * 3 * 4, dtype=np.float32).reshape(3, 3, 3, 4) / 100
convolve = lambda x: tf.reduce_sum(tf.nn.conv2d(x, w, 2, "SAME") ** 2)
print(float(convolve(x)), {compiled})
print(library.status().reason)
"""
VALUE = 39340.0234375
"""What TensorFlow says."""
WITHOUT = {
    "turned off": ("", "turned off by TIDEFALL_NATIVE=0"),
    "a broken file": (
        "library.library_path = lambda: Path({broken!r})",
        "not loaded: {broken} is cut off: 20000 of ",
    ),
    "no oneDNN": (
        "library.ONEDNN = ('onednn-which-nobody-has', 'libdnnl.so.3')",
        "not loaded: the package onednn-which-nobody-has is not installed",
    ),
    "not built": (
        "library.library_path = lambda: Path('nowhere')",
        "not built: that takes a C++ compiler when tidefall is installed",
    ),
}


@pytest.mark.process
@pytest.mark.skipif(not library.supported(), reason="for x86-64 Linux")
@pytest.mark.parametrize("why", WITHOUT)
def test_convolution_works_without_kernels(why: str, tmp_path: Path) -> None:
    off = why == "turned off"
    broken = str(tmp_path / library.FILE)
    if why == "a broken file":
        if not library.library_path().exists():
            pytest.skip("nothing to break")
        Path(broken).write_bytes(library.library_path().read_bytes()[:20000])
    before, reason = (text.format(broken=broken) for text in WITHOUT[why])
    compiled = "float(tf.function(convolve, jit_compile=True)(x))" if off else "0.0"
    program = CONVOLUTION.format(before=before, compiled=compiled)
    environment = os.environ | {"TIDEFALL_NATIVE": "0" if off else "1"}
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    values, told = said.stdout.splitlines()
    eagerly, by_xla = map(float, values.split())
    assert eagerly == pytest.approx(VALUE)
    if off:
        assert by_xla == pytest.approx(VALUE)
    assert told.startswith(reason)


@pytest.mark.parametrize("length", [0, 10, 64, 5000, 300000, -1])
def test_files_that_are_no_library_are_refused(
    length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Path(library.library_path()).read_bytes() if library.enabled() else b"#" * 400000
    broken = tmp_path / library.FILE
    broken.write_bytes(content[:length])
    monkeypatch.setattr(library, "library_path", lambda: broken)
    with config.override(native=True):
        status = library.status.__wrapped__()
    assert status.library is None
    assert status.reason.startswith("not loaded: ")


@built
def test_another_library_in_its_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    other = library.files(library.ONEDNN[0])
    found = [f for f in other or () if f.name == library.ONEDNN[1]]
    monkeypatch.setattr(library, "library_path", lambda: Path(found[0].locate()))
    assert "does not say what it was built from" in library.status.__wrapped__().reason


@built
def test_a_library_of_other_sources_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kernel.cc").write_text("// changed since")
    monkeypatch.setattr(library, "folder_in_clone", lambda: tmp_path)
    status = library.status.__wrapped__()
    assert status.library is None
    assert status.reason.startswith("not used: the library was built from other sources than")
    assert caplog.text.count("make native") == 1


@built
def test_where_there_are_no_sources_the_library_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "folder_in_clone", lambda: None)
    assert library.status.__wrapped__().library is not None


def test_the_number_of_the_sources_changes_with_each_of_them(tmp_path: Path) -> None:
    seen = {sources.digest(tmp_path)}
    for name, text in (("a.cc", "x"), ("a.cc", "y"), ("b.h", "y"), ("c.map", ""), ("b.h", "x")):
        (tmp_path / name).write_text(text)
        seen.add(sources.digest(tmp_path))
    assert len(seen) == 6
    (tmp_path / "CMakeLists.txt").touch()
    assert sources.digest(tmp_path) in seen


def test_the_build_writes_the_number_down(tmp_path: Path) -> None:
    (tmp_path / "a.cc").write_text("int x;")
    made = tmp_path / "made"
    subprocess.run([sys.executable, sources.__file__, tmp_path, made], check=True, timeout=60)
    assert f'return "{sources.digest(tmp_path)}";' in made.read_text()


def test_elsewhere_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(library, "library_path", lambda: tmp_path / "none")
    monkeypatch.setattr(library.platform, "machine", lambda: "riscv64")
    with config.override(native=True):
        assert library.status.__wrapped__().reason == "not there: they are for x86-64 Linux"


@built
def test_they_are_turned_off_for_a_block() -> None:
    with config.override(native=False):
        assert not library.enabled()
    assert library.enabled()


def _case(batch: int = 4) -> tuple[Any, Any, Any]:
    draw = np.random.default_rng(batch).normal
    x = draw(size=(batch, 20, 20, 8)).astype(np.float32)
    w = draw(size=(3, 3, 8, 16)).astype(np.float32)
    g = geometry((20, 20), (3, 3), (1, 1), "SAME", (), (1, 1))
    return x, w, kernels.convolve(x, w, g)


@pytest.mark.process
def test_convolution_in_a_forked_process() -> None:
    x, w, expected = _case()
    got = tf.nn.conv2d(x, w, 1, "SAME").numpy()  # threads and settings of the parent are made
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-4)
    program = """
import os, sys
import numpy as np
import tidefall as tf
x, w = np.ones((4, 20, 20, 8), np.float32), np.ones((3, 3, 8, 16), np.float32)
first = tf.nn.conv2d(x, w, 1, "SAME").numpy()
child = os.fork()
if child == 0:
    same = np.array_equal(tf.nn.conv2d(x, w, 1, "SAME").numpy(), first)
    more = tf.nn.conv2d(x[:3], w, 2, "VALID").numpy()
    os._exit(0 if same and (more == 72).all() else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", program], timeout=120, check=True)


def test_convolutions_in_several_threads_at_once() -> None:
    cases = [_case(batch) for batch in (1, 2, 4, 8)]
    compiled = tf.function(lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), jit_compile=True)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(12):
                x, w, expected = cases[(number + i) % len(cases)]
                convolve = compiled if i % 3 == 0 else lambda x, w: tf.nn.conv2d(x, w, 1, "SAME")
                np.testing.assert_allclose(
                    convolve(tf.constant(x), tf.constant(w)).numpy(), expected, rtol=2e-5, atol=2e-4
                )
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


@pytest.mark.process
@built
@pytest.mark.parametrize("before", ["", "library.threads()"], ids=["unloaded", "loaded"])
def test_the_number_of_threads_reaches_the_kernels(before: str) -> None:
    program = f"""
import tidefall as tf
from tidefall.native import library
{before}
tf.config.threading.set_intra_op_parallelism_threads(1)
assert library.threads() == 1
"""
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


@built
def test_loops_use_the_best_instructions_of_the_processor() -> None:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    flags = set(next(line for line in lines if line.startswith("flags")).split())
    best, most = "SSE2", config.max_isa
    if most != "sse4" and {"avx2", "fma", "bmi2"} <= flags:
        best = "AVX2"
    if (
        most not in ("sse4", "avx2")
        and {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags
    ):
        best = "AVX-512"
    assert library.status().vectors == best


def test_loops_are_chosen_by_features_not_by_the_names_of_processors(repo_root: Path) -> None:
    """A name is one maker's: others' processors with the same features would get the default."""
    sources = [p for p in (repo_root / "native").rglob("*") if p.suffix in (".h", ".cc", ".txt")]
    assert any("__builtin_cpu_supports" in path.read_text(encoding="utf-8") for path in sources)
    for path in sources:
        text = re.sub("//.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"-?march=|arch=[a-wyz]|__builtin_cpu_is", text), path


LIMITS = {
    "sse4": ("SSE4.1", "SSE2"),
    "avx2": ("AVX2", "AVX2"),
    "avx512": ("AVX-512", "AVX-512"),
}
LIMITED = """
import os
import tidefall as tf
from tidefall.native import library
found = library.status()
total = tf.function(lambda x: tf.reduce_sum(tf.exp(x)), jit_compile=True)
assert abs(float(total([0.0, 1.0])) - 3.7182818) < 1e-5
print(found.processor, found.vectors, os.environ["XLA_FLAGS"], sep=", ")
"""


@pytest.mark.process
@built
@pytest.mark.parametrize("most", LIMITS)
def test_fewer_instructions_are_used_where_that_is_asked(most: str) -> None:
    processor, vectors = LIMITS[most]
    if library.status().vectors == "AVX2" and most == "avx512":
        pytest.skip("this processor has no AVX-512")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        env={**os.environ, "TIDEFALL_MAX_ISA": most, "XLA_FLAGS": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    name = {"sse4": "AVX"}.get(most, most.upper())
    assert done.stdout == f"{processor}, {vectors}, --xla_cpu_max_isa={name}\n"
