"""`tidefall.custom_ops`: ops of the user's own.

See `tidefall.library.custom_ops`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.library.custom_ops")
