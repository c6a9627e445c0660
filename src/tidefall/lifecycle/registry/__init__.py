"""The model registry: versions that never change, who let them through, and how to tell.

SavedModels enter; what leaves are version folders that the model server loads from
`STORE/models/NAME`, each with a model card, a manifest of content hashes and, with a key, its
signature. The records are artifacts of the metadata store, so lineage leads from a version to its
data. Read `registry.py` first: `catalog.py` reads, `journal.py` says what is allowed and writes it
down, `folders.py` makes versions' folders.

    from tidefall import registry

    models = registry.Registry("store", signing_key="registry.key")
    version = models.register("taxi", "export/taxi", run_id=run.id)
    models.transition("taxi", version.number, "Production")
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".card": ("ModelCard",),
    ".catalog": ("Catalog",),
    ".policy": ("ACTIONS", "Policy"),
    ".registry": ("STAGES", "ModelVersion", "RegisteredModel", "Registry"),
    "tidefall.serving.trust.encryption": ("new_encryption_key",),
    "tidefall.serving.trust.keys": ("new_key",),
    "tidefall.serving.trust.manifest": ("check_version",),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
