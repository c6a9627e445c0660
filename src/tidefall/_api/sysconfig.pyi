# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.sysconfig`."""

from typing import Any

CXX11_ABI_FLAG: int
CXX_VERSION: int
MONOLITHIC_BUILD: int
def get_build_info() -> dict[str, Any]:
    """What this build can do."""
def get_compile_flags() -> list[str]:
    """Return flags for a C++ compiler, with the folders of `get_include` and of `tidefall/op.h`."""
def get_include() -> str:
    """Return the folder of C++ headers: those of XLA's custom calls, `xla/ffi/api/ffi.h`."""
def get_lib() -> str:
    """The folder of this package, where TensorFlow keeps its framework library."""
def get_link_flags() -> list[str]:
    """Flags for a linker: the folder of this package, which holds no library to link to."""
