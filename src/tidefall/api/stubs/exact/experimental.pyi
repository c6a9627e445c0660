# About `tf.experimental`; see `__init__.py`.
from typing import Any, ClassVar, dataclass_transform

@dataclass_transform()
class ExtensionType:
    Spec: ClassVar[Any]
