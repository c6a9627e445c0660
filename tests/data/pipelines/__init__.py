"""Pipelines that are iterated on real TensorFlow, recorded, and compared element for element.

Each takes the `tf` module and returns a dataset. `record_pipelines.py` in tests/oracle writes
pipelines.json; `test_pipelines.py` compares.
"""

from tests.data.pipelines import basic, combining, experimental, files, random_functions
from tests.data.pipelines.tables import FAILING, PIPELINES

__all__ = [
    "FAILING", "PIPELINES", "basic", "combining", "experimental", "files", "random_functions",
]  # fmt: skip
