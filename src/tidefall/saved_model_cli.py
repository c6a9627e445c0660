"""`python -m tidefall.saved_model_cli`: looks at, runs and compiles saved models."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tidefall.tools.saved_model_cli", run_name="__main__", alter_sys=True)
