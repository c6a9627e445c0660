"""`tidefall.model_analysis`: metrics of predictions over slices of data.

See `tidefall.lifecycle.model_analysis`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.model_analysis")
