"""`tidefall.transform`: features computed by one graph, for training and for serving.

See `tidefall.lifecycle.transform`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.transform")
