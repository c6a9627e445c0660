"""Programs with Keras, run here and under genuine TensorFlow."""

from __future__ import annotations

import importlib
from typing import Any

MODULES = [
    "training",
    "models",
    "inputs",
    "precision",
    "optimizers",
    "preprocessing",
    "directories",
    "saving",
    "callbacks",
    "applications",
]


def programs_of(module: str) -> dict[str, Any]:
    """The programs of one module by name."""
    return importlib.import_module(f"tests.keras.programs.{module}").PROGRAMS
