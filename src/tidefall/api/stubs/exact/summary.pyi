# About `tf.summary`; see `__init__.py`.
from contextlib import AbstractContextManager
from typing import Any

import tidefall as tf

class SummaryWriter:
    def as_default(self, step: Any = None) -> AbstractContextManager[tf.summary.SummaryWriter]: ...
