"""How each op of a graph is said in builtin operators, by family.

A graph and what stands for its inputs enter `interpreter.Lowering`, which asks the rule of each op
and adds operators to a subgraph. Read `interpreter.py` first, then `registry.py` and one family.
"""

from importlib import import_module

FAMILIES = (
    "activations", "arrays", "control", "convolutions", "detection", "elementwise", "images",
    "indexing", "lists", "pooling", "products", "quantization", "random", "reductions", "spectra",
    "tables",
    "variables",
)  # fmt: skip


def load_rules() -> None:
    """Import the tables of all families, which registers them."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
