"""`tidefall.monitoring`: what models answered, what became true, and what has changed.

See `tidefall.lifecycle.monitoring`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.monitoring")
