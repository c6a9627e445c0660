"""What is looked at, a function for each subject."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tidefall.base.config import SWITCHES, config

OK, NOTE, WRONG = "ok", "note", "wrong"

_SLOW_JAXLIB = "0.10.2"
_COMPILERS = ("c++", "g++", "clang++")


class Finding(NamedTuple):
    """One line of the report.

    Attributes:
        subject: what it is about.
        name, value: what was looked at, and found.
        level: "ok"; "note" for what could be better; "wrong" for what needs mending.
        advice: what to do; empty where there is nothing.
    """

    subject: str
    name: str
    value: str
    level: str = OK
    advice: str = ""


def findings() -> list[Finding]:
    """All that was found."""
    switches = list(_switches())  # those that are set wrongly stop nothing below
    checks = (_packages, _native_kernels, _machine, _accelerators, _cache, _tensorflow, _extras)
    found = [finding for check in checks for finding in check()]
    return found + switches


def _packages() -> Iterator[Finding]:
    import tidefall
    from tidefall.tools.doctor.packages import packages

    subject = "Packages"
    yield Finding(subject, "tidefall", f"{tidefall.__version__}, {Path(tidefall.__file__).parent}")
    old = sys.version_info < (3, 11)
    yield Finding(
        *(subject, "Python", f"{platform.python_version()}, {sys.executable}"),
        *((WRONG, "Tidefall needs Python 3.11 or newer.") if old else ()),
    )
    for name, wanted, found, fits in packages():
        if fits:
            yield Finding(subject, name, found)
        elif name == "jaxlib" and found == _SLOW_JAXLIB:
            yield Finding(
                *(subject, name, found, WRONG),
                "This version runs XLA's convolutions on one core of the CPU: "
                f"pip install jax{wanted} jaxlib{wanted}",
            )
        else:
            value = f"{found}, but {wanted} is wanted" if found else "missing"
            yield Finding(subject, name, value, WRONG, f"pip install '{name}{wanted}'")


def _native_kernels() -> Iterator[Finding]:
    from tidefall.native import library

    subject, status = "Native kernels", library.status()
    if status.library is not None:
        yield Finding(subject, "oneDNN", f"{status.onednn}, with {status.processor}")
        yield Finding(subject, "own loops", f"with {status.vectors}")
        yield Finding(subject, "threads", str(library.threads()))
        return
    level, advice = NOTE, ""
    if status.reason.startswith("not built"):
        advice = "Install tidefall from its sources again; in a clone, make native does."
        if not any(map(shutil.which, _COMPILERS)):
            advice += " First install a C++ compiler, such as g++."
    elif status.reason.startswith("not loaded"):
        level, advice = WRONG, "Install tidefall again, with what it requires."
        if "libgomp" in status.reason:
            advice = "Install GNU's OpenMP library; Debian and Ubuntu have it as libgomp1."
    elif status.reason.startswith("not used"):
        level, advice = WRONG, "In a clone, make native builds it again; or install tidefall again."
    yield Finding(subject, "library", status.reason, level, advice)


def _machine() -> Iterator[Finding]:
    from tidefall.native.processor import processor_name, usable_processors
    from tidefall.tensor.context import context

    subject = "Machine"
    yield Finding(subject, "system", platform.platform())
    yield Finding(subject, "processor", processor_name())
    usable = usable_processors()
    cores = f"{usable} of {os.cpu_count()} usable"
    quota = _quota()
    if quota and quota < usable:
        yield Finding(
            *(subject, "cores", f"{cores}, limited to the time of {quota:g}", NOTE),
            "Threads that share less than a core each wait for one another: "
            f"tf.config.threading.set_intra_op_parallelism_threads({max(1, int(quota))}).",
        )
    else:
        yield Finding(subject, "cores", cores)
    set_by = [f"{name}={os.environ[name]}" for name in _THREAD_VARIABLES if name in os.environ]
    if context.intra_op_threads:
        set_by.append(f"intra_op_parallelism_threads={context.intra_op_threads}")
    yield Finding(subject, "threads", ", ".join(set_by) or "one for each core")


_THREAD_VARIABLES = ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def _quota() -> float | None:
    """Cores' worth of time that this control group may use; None for all."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        return None


def _accelerators() -> Iterator[Finding]:
    from tidefall.base.devices import find_physical_devices

    names = [d.name for d in find_physical_devices() if d.device_type != "CPU"]
    if names:
        yield Finding("Accelerators", "visible", ", ".join(names))
    elif shutil.which("nvidia-smi"):
        yield Finding(
            *("Accelerators", "visible", "none, though there is a driver for NVIDIA's", NOTE),
            "jax needs its plugin for them: pip install 'jax[cuda13]', of the version above.",
        )
    else:
        yield Finding("Accelerators", "visible", "none")


def _cache() -> Iterator[Finding]:
    from tidefall.base.config import cache_folder

    subject = "Compilation cache"
    path = os.environ.get("JAX_COMPILATION_CACHE_DIR") or cache_folder()
    if not path:
        yield Finding(
            *(subject, "folder", "turned off", NOTE),
            "Every process compiles anew; TIDEFALL_CACHE names a folder.",
        )
        return
    folder = Path(path)
    existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        yield Finding(subject, "folder", str(folder))
    else:
        yield Finding(
            *(subject, "folder", f"{folder}, which cannot be written", WRONG),
            "Set TIDEFALL_CACHE to a folder that can, or to 0 to do without.",
        )
    count = total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.stat(os.path.join(root, name)).st_size
                count += 1
            except OSError:  # removed meanwhile
                continue
    yield Finding(subject, "size", f"{total / 1e6:.0f} MB in {count} files")


def _tensorflow() -> Iterator[Finding]:
    subject, name = "The name tensorflow", "import tensorflow"
    alias = getattr(sys.modules.get("tensorflow"), "__doc__", None) or ""
    if "answered by Tidefall" in alias:
        yield Finding(subject, name, "answered by Tidefall")
    elif importlib.util.find_spec("tensorflow") is None:
        yield Finding(subject, name, "answered by Tidefall for Keras; for all with tidefall run")
    else:
        yield Finding(
            *(subject, name, "TensorFlow itself is installed here too", NOTE),
            "Keras runs on the one that a process imports first; tidefall run runs a program with "
            "Tidefall.",
        )


def _switches() -> Iterator[Finding]:
    subject, is_clean = "Switches", True
    for name, switch in SWITCHES.items():
        try:
            value = getattr(config, name)
        except ValueError as error:
            setattr(config, name, switch.default)
            is_clean = False
            yield Finding(subject, name, os.environ[switch.variable], WRONG, str(error))
        else:
            if value != switch.default:
                is_clean = False
                yield Finding(subject, name, f"{value!r}, by default {switch.default!r}")
    if is_clean:
        yield Finding(subject, "all", "as they are by default")


def _extras() -> Iterator[Finding]:
    from tidefall.tools.doctor.packages import extras, packages

    for extra in extras():
        wanted = packages(extra)
        lacking = [package.name for package in wanted if not package.fits]
        if lacking:
            advice = f"pip install 'tidefall[{extra}]'"
            yield Finding("Extras", extra, f"without {', '.join(lacking)}", NOTE, advice)
        else:
            shown = ", ".join(f"{package.name} {package.found}" for package in wanted)
            yield Finding("Extras", extra, shown)
