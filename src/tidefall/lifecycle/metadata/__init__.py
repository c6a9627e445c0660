"""What was made from what: artifacts, executions, contexts and events in ML Metadata's schema.

Messages of `tidefall.proto.mlmd` enter and leave `MetadataStore`, whose methods have ML Metadata's
names; the database is a SQLite file that ML Metadata opens too, or PostgreSQL or MySQL by URL.
Read `store.py` first, then `publication.py`, the short way to store what a step did.

    from tidefall import metadata

    store = metadata.MetadataStore("runs/metadata.db")
    metadata.publish(store, "Trainer", inputs={"examples": [examples]}, outputs={"model": [model]})
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "cost": ("Cost", "CostMeter", "Prices"),
    "database": ("Database",),
    "surroundings": ("environment", "git_state", "packages"),
    "hashing": ("content_hash", "file_hashes"),
    "graph": ("Edge", "Lineage", "lineage"),
    "graph_page": ("lineage_page", "lineage_svg"),
    "listing": ("ListOptions", "OrderByField"),
    "publication": ("ArtifactSpec", "Published", "publish"),
    "store": ("MetadataStore",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
