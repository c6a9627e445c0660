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

import importlib
from typing import Any

_HOME = {
    "card": ("ModelCard",),
    "catalog": ("Catalog",),
    "policy": ("ACTIONS", "Policy"),
    "registry": ("STAGES", "ModelVersion", "RegisteredModel", "Registry"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_ELSEWHERE = {
    "new_key": "tidefall.serving.trust.keys",
    "new_encryption_key": "tidefall.serving.trust.encryption",
    "check_version": "tidefall.serving.trust.manifest",
}

__all__ = sorted([*_MODULE_OF, *_ELSEWHERE])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        module = _ELSEWHERE[name]
    elif name in _MODULE_OF:
        module = f"{__name__}.{_MODULE_OF[name]}"
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
