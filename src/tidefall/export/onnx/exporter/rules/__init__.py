"""How each op of a graph is said in ONNX's ops, by family.

Each file registers the rules of one family as a facet of the ops (`registry.py`). Read
`elementwise.py` first.
"""

from importlib import import_module

FAMILIES = (
    "arrays", "control", "convolutions", "elementwise", "images", "indexing", "lists", "pooling",
    "products", "quantization", "random", "reductions", "slicing", "spectra", "strings", "tables",
)  # fmt: skip


def load_rules() -> None:
    """Import all families, which registers their rules."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
