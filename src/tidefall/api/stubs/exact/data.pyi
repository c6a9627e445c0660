# About `tf.data`; see `__init__.py`.
import collections.abc
from typing import Any

class Dataset:
    def __iter__(self) -> collections.abc.Iterator[Any]: ...

class Iterator:
    def __next__(self) -> Any: ...
