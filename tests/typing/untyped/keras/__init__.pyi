# Keras says little of its types; where a check is about ours, all of it is `Any`.
from typing import Any

def __getattr__(name: str) -> Any: ...
