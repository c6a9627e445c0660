"""`tidefall.data_validation`: statistics of data, schemas, and anomalies.

See `tidefall.lifecycle.data_validation`, whose names these are.
"""

from __future__ import annotations

from tidefall.base.exports import same_names

__getattr__, __dir__, __all__ = same_names("tidefall.lifecycle.data_validation")
