"""How each ONNX op is said in TensorFlow's, by family.

Each file registers the rules of one family (`registry.py`). Read `elementwise.py` first.
"""

from importlib import import_module

FAMILIES = (
    "arrays", "control", "convolutions", "elementwise", "indexing", "machine_learning", "matrices",
    "normalization", "quantization", "recurrent", "reductions", "resizing", "sequences", "strings",
)  # fmt: skip


def load_rules() -> None:
    """Import all families, which registers their rules."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
