"""TensorFlow's own reader reads what `tf.debugging.experimental.enable_dump_debug_info` writes."""

import json

import pytest

import tidefall as tf
from tests.summary import debug_dumps

pytestmark = pytest.mark.oracle


def test_tensorflow_reads_the_files(tmp_path, run_oracle):
    folders = [str(tmp_path / str(i)) for i in range(len(debug_dumps.OPTIONS))]
    for folder, options in zip(folders, debug_dumps.OPTIONS.values(), strict=True):
        debug_dumps.run_program(tf, folder, options)
    script = debug_dumps.RECORDED.with_suffix(".py")
    source = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    printed = run_oracle(source, *folders)
    genuine = json.loads(debug_dumps.RECORDED.read_text())
    assert json.loads(printed) == [genuine[name] for name in debug_dumps.OPTIONS]
