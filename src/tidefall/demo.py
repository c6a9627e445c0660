"""`python -m tidefall.demo`: train, export, serve and query a digit classifier."""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("tidefall.tools.demo", run_name="__main__", alter_sys=True)
