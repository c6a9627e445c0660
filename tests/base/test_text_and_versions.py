"""tf.compat's text functions, tf.version, tf.sysconfig, loggers, tf.autograph."""

import ctypes
import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import tidefall as tf

compat = tf.compat
CALLS = [
    (compat.as_text, (b"a",), "a"),
    (compat.as_text, (b"\xe4", "latin1"), "ä"),
    (compat.as_text, ("a",), "a"),
    (compat.as_str, (b"a",), "a"),
    (compat.as_bytes, ("ä",), b"\xc3\xa4"),
    (compat.as_bytes, (bytearray(b"a"),), b"a"),
    (compat.as_str_any, (3,), "3"),
    (compat.as_str_any, (b"a",), "a"),
    (compat.path_to_str, (Path("a"),), "a"),
    (compat.path_to_str, (3,), 3),
    (compat.forward_compatible, (2020, 1, 1), True),
]


@pytest.mark.parametrize("function, args, expected", CALLS)
def test_text(function, args, expected):
    assert function(*args) == expected


def test_text_of_other_things():
    for function in (compat.as_text, compat.as_bytes):
        with pytest.raises(TypeError, match="Expected binary or unicode string, got 3"):
            function(3)
        with pytest.raises(LookupError, match="unknown encoding: foo"):
            function(b"a", "foo")
    with pytest.raises(UnicodeDecodeError):
        compat.as_text(b"\xff")


def test_versions():
    assert tf.version.VERSION == "2.21.0"
    assert tf.version.GRAPH_DEF_VERSION == 2474
    assert tf.version.GRAPH_DEF_VERSION_MIN_CONSUMER == tf.version.GRAPH_DEF_VERSION_MIN_PRODUCER


def test_build_info():
    info = tf.sysconfig.get_build_info()
    native = info.pop("native_kernels")
    # What TensorFlow's build for the CPU says.
    assert list(info) == ["is_cuda_build", "is_rocm_build", "is_tensorrt_build"]
    assert set(info.values()) == {False}
    wanted = {"onednn", "instructions"} if native["available"] else {"reason"}
    assert set(native) == {"available"} | wanted
    assert all(native[name] for name in wanted)


def test_loggers():
    logger = tf.get_logger()
    assert logger is logging.getLogger("tensorflow")
    before = logger.level
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    assert tf.compat.v1.logging.get_verbosity() == logging.ERROR
    logger.setLevel(before)


def test_do_not_convert():
    @tf.autograph.experimental.do_not_convert
    def double(x):
        """Twice."""
        return 2 * x

    assert (double(2), double.__doc__) == (4, "Twice.")
    assert tf.autograph.experimental.do_not_convert()(double)(3) == 6
    assert tf.autograph.experimental.do_not_convert(len) is len


def test_code_is_not_made_of_builtins():
    for convert in (tf.autograph.to_code, tf.autograph.to_graph):
        with pytest.raises(ValueError, match="source code"):
            convert(len)


def test_build_scripts_are_given_folders_that_exist() -> None:
    folders = [tf.sysconfig.get_include(), tf.sysconfig.get_lib()]
    for flag in tf.sysconfig.get_compile_flags() + tf.sysconfig.get_link_flags():
        if flag.startswith(("-I", "-L")):
            folders.append(flag[2:])
    assert len(folders) == 5 and all(os.path.isdir(folder) for folder in folders), folders


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler")
def test_the_flags_compile_a_custom_call(tmp_path: Path) -> None:
    source = tmp_path / "kernel.cc"
    source.write_text(
        '#include "xla/ffi/api/ffi.h"\n'
        "static xla::ffi::Error run() { return xla::ffi::Error::Success(); }\n"
        "XLA_FFI_DEFINE_HANDLER_SYMBOL(Nothing, run, xla::ffi::Ffi::Bind());\n"
    )
    flags = [*tf.sysconfig.get_compile_flags(), *tf.sysconfig.get_link_flags()]
    library = tmp_path / "kernel.so"
    subprocess.run(["c++", "-shared", "-fPIC", *flags, source, "-o", library], check=True)
    assert ctypes.CDLL(str(library)).Nothing
