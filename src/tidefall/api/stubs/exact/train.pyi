# About `tf.train`; see `__init__.py`.
from typing import Any

class Checkpoint:
    # What is given by keyword.
    def __getattr__(self, name: str) -> Any: ...
