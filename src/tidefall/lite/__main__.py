"""`tidefall lite`: looks at, runs and measures TensorFlow Lite models."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lite.cli import main

if __name__ == "__main__":
    run(main)
