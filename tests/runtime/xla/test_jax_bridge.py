"""How jax is imported."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os
import tidefall as tf
from tidefall.runtime.xla.jax_bridge import load_jax, when_loaded

when_loaded(lambda: print("loaded"))
twice = tf.function(lambda x: x * 2.0, jit_compile=True, autograph=False)
print(float(twice(tf.constant(4.0))))
load_jax()
print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""


@pytest.mark.process
@pytest.mark.parametrize("level", [None, "1"])
def test_xla_is_quiet_and_the_environment_stays_as_it_was(tmp_path, level):
    environment = {**os.environ, "TIDEFALL_CACHE": str(tmp_path)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    for _ in range(2):  # The second one takes the program from the cache.
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
        assert done.stdout.split() == ["loaded", "8.0", str(level)]
        assert level is not None or done.stderr == ""
