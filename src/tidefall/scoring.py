"""`tidefall.scoring`: a model's predictions for all rows of a table.

See `tidefall.lifecycle.scoring`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.scoring")
