# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.sysconfig`."""

from tidefall._api.sysconfig import get_build_info as get_build_info
from tidefall._api.sysconfig import get_compile_flags as get_compile_flags
from tidefall._api.sysconfig import get_include as get_include
from tidefall._api.sysconfig import get_lib as get_lib
from tidefall._api.sysconfig import get_link_flags as get_link_flags

CXX11_ABI_FLAG: int
CXX_VERSION: int
MONOLITHIC_BUILD: int
