"""jax, imported when the first program is compiled, and set up for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from tidefall.base.config import cache_folder
from tidefall.base.device_spec import DeviceSpec
from tidefall.base.errors import InvalidArgumentError
from tidefall.runtime.xla.jax_cache import write_whole_entries
from tidefall.runtime.xla.jax_settings import configure_jax
from tidefall.runtime.xla.malloc_tuning import keep_freed_memory

_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_when_loaded: list[Callable[[], None]] = []


def when_loaded(callback: Callable[[], None]) -> None:
    """Have something called once jax has been imported."""
    _when_loaded.append(callback)


@cache
def load_jax() -> Any:
    """Import jax, and set up its persistent compilation cache unless the user did.

    The cache lives in $TIDEFALL_CACHE, by default `~/.cache/tidefall/xla`; 0 or an empty value
    turns it off.
    """
    keep_freed_memory()
    with _quiet_xla():
        import jax

    settings: Any = jax.config
    if not settings.jax_compilation_cache_dir:
        path = cache_folder()
        if path:
            settings.update("jax_compilation_cache_dir", path)
            settings.update("jax_persistent_cache_min_compile_time_secs", 0.0)
            write_whole_entries()
    configure_jax(settings)
    while _when_loaded:
        _when_loaded.pop()()
    return jax


@contextmanager
def _quiet_xla() -> Generator[None]:
    """Keeps XLA's own log off the standard error, unless TF_CPP_MIN_LOG_LEVEL says otherwise.

    For each program from the cache it would print 10 KB on instructions that it takes to be missing
    (https://github.com/openxla/xla/issues/44565). What really fails raises. XLA reads the variable
    when it is imported; it is not left for other programs.
    """
    if _LOG_LEVEL in os.environ:
        yield
        return
    os.environ[_LOG_LEVEL] = "3"
    try:
        yield
    finally:
        del os.environ[_LOG_LEVEL]


def restart_jax() -> None:
    """Have jax find its devices again when it is next used, as `tf.config` says then.

    Arrays made before are lost.
    """
    if "jax" in sys.modules:
        from jax.extend.backend import clear_backends

        clear_backends()
        load_jax().clear_caches()
        jax_device.cache_clear()
        load_jax.cache_clear()


@contextmanager
def without_compilation_cache() -> Generator[None]:
    """Compile anew in the block: what comes from the cache has lost parts that storing it again
    would need.
    """
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    settings: Any = load_jax().config
    before = settings.jax_enable_compilation_cache
    settings.update("jax_enable_compilation_cache", False)
    reset_cache()  # jax looks at the setting once
    try:
        yield
    finally:
        settings.update("jax_enable_compilation_cache", before)
        reset_cache()


@cache
def x64_switch() -> tuple[Callable[[bool], Any], Callable[[Any], None]]:
    """Two functions: the first turns 64-bit numbers on in this thread, as `jax.enable_x64` does at
    twice the price of a small compiled call; the second puts back what the first returned.
    """
    jax = load_jax()
    try:
        setting: Any = import_module("jax._src.config").enable_x64  # private, and not typed
        if setting._update_thread_local_hook is None:
            return setting.swap_local, setting.set_local
    except (ImportError, AttributeError):  # another jax keeps it elsewhere: take the public way
        pass

    def begin(on: bool) -> Any:
        scope = jax.enable_x64(on)
        scope.__enter__()
        return scope

    return begin, lambda scope: scope.__exit__(None, None, None)


@cache
def jax_device(name: str) -> Any:
    """The jax device with TensorFlow's full name `name`.

    Raises:
        InvalidArgumentError: if jax was started by somebody else, with fewer devices.
    """
    spec = DeviceSpec.from_string(name)
    jax = load_jax()
    found = jax.devices(str(spec.device_type).lower())
    index = spec.device_index or 0
    if index >= len(found):
        raise InvalidArgumentError(
            None,
            None,
            f"{name} is not there: jax was started with {len(found)} {spec.device_type} devices, "
            "before this program first used one. Set jax_num_cpu_devices, or use jax later.",
        )
    return found[index]
