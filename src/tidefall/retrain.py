"""`tidefall.retrain`: when models are trained again, and what comes of it.

See `tidefall.lifecycle.retrain`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.retrain")
