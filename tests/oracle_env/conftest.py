"""Fixture for tests that need real TensorFlow at hand: it runs there, JSON comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_RUNNER = """
import json, sys
scope = {"inputs": json.loads(sys.argv[2])}
exec(compile(sys.argv[1], "<oracle>", "exec"), scope)
with open(sys.argv[3], "w") as file:
    json.dump(scope["result"], file)
"""


@pytest.fixture
def oracle(run_oracle: Callable[..., str], tmp_path: Path) -> Callable[..., Any]:
    """Runs a script under real TensorFlow; skips where it is not installed.

    The script finds its keyword arguments in the dict `inputs` and leaves in `result` what is to
    come back; both travel as JSON:

        assert oracle("import tensorflow as tf; result = tf.add(inputs['x'], 1).numpy().tolist()",
                      x=[1, 2]) == [2, 3]
    """

    def run(source: str, **inputs: Any) -> Any:
        target = tmp_path / "oracle.json"
        run_oracle(_RUNNER, source, json.dumps(inputs), str(target))
        return json.loads(target.read_text())

    return run
