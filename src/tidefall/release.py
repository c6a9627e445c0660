"""`tidefall.release`: how new versions of models come to answer, and go back.

See `tidefall.lifecycle.release`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.release")
