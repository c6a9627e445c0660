# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lite.experimental`."""

import enum
from typing import Any

class Analyzer:
    """Says what is in a model."""
    @staticmethod
    def analyze(model_path: Any = None, model_content: bytes | None = None, gpu_compatibility: bool = False, **kwargs: Any) -> None:
        """Print the signatures, operators and tensors of a model."""
class OpResolverType(enum.Enum):
    """Which kernels run a model."""
    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3
def load_delegate(library: str, options: dict[str, Any] | None = None) -> Any:
    """Refuse a delegate: a library of compiled code for TensorFlow Lite's own interpreter."""
