"""`tidefall.pipelines`: from data to a model that is served, step by step.

See `tidefall.lifecycle.pipelines`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.pipelines")
