"""The programs in examples/ reach with real TensorFlow what they reach with Tidefall."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
REACHED = json.loads((REPO / "tests/examples/reached.json").read_text())

RUNNER = """
import runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("name", sorted(REACHED))
def test_short_form(run_oracle, name, tmp_path):
    source = (REPO / f"examples/{name}.py").read_text(encoding="utf-8")
    program = tmp_path / f"{name}.py"
    program.write_text(source.replace("import tidefall as tf", "import tensorflow as tf"))
    text = run_oracle(RUNNER, str(program), "--short", timeout=900)
    measure, expected, tolerance = REACHED[name]
    reached = re.findall(rf"^{measure} ([0-9.]+)", text, re.MULTILINE)
    assert float(reached[-1]) == pytest.approx(expected, abs=tolerance), text
