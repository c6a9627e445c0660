"""`python -m tidefall.doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tidefall.tools.doctor", run_name="__main__", alter_sys=True)
