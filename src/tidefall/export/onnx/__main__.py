"""`tidefall onnx`: ONNX models: write them, read them, look at them."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.export.onnx.cli import main

if __name__ == "__main__":
    run(main)
