# About `tf.autograph.experimental`; see `__init__.py`.
from collections.abc import Callable
from typing import overload

from tidefall.tensor.typing import F

@overload
def do_not_convert(func: F) -> F: ...
@overload
def do_not_convert() -> Callable[[F], F]: ...
