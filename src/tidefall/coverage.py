"""`python -m tidefall.coverage`: how much of TensorFlow's public API there is."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tidefall.tools.coverage", run_name="__main__", alter_sys=True)
