"""What was made from what: artifacts, executions, contexts and events in ML Metadata's schema.

Messages of `tidefall.proto.mlmd` enter and leave `MetadataStore`, whose methods have ML Metadata's
names; the database is a SQLite file that ML Metadata opens too, or PostgreSQL or MySQL by URL.
Read `store.py` first, then `publication.py`, the short way to store what a step did.

    from tidefall import metadata

    store = metadata.MetadataStore("runs/metadata.db")
    metadata.publish(store, "Trainer", inputs={"examples": [examples]}, outputs={"model": [model]})
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".cost": ("Cost", "CostMeter", "Prices"),
    ".database": ("Database",),
    ".surroundings": ("environment", "git_state", "packages"),
    ".hashing": ("content_hash", "file_hashes"),
    ".graph": ("Edge", "Lineage", "lineage"),
    ".graph_page": ("lineage_page", "lineage_svg"),
    ".listing": ("ListOptions", "OrderByField"),
    ".publication": ("ArtifactSpec", "Published", "publish"),
    ".store": ("MetadataStore",),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
