"""ML Metadata's messages: artifacts, executions, contexts, and what joins them.

    from tidefall.proto import mlmd

    artifact = mlmd.Artifact(type_id=1, uri="file:///data/2026-11-24")

Every top-level message of package `ml_metadata` under schema/ is an attribute of this module, as
those of `tensorflow` are of `tidefall.proto`.
"""

from __future__ import annotations

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("ml_metadata", globals())
