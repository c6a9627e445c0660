"""How far LiteRT's outputs are from what was expected."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

LOOSE = {
    ("mixed_precision", "float"): 5e-4,  # computed in half precision by Keras
    ("reductions", "int8"): 0.1,  # a square root of integers next to zero
}


def distance(got, wanted, kind):
    """How far outputs are apart, as a share of the largest number."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        return np.inf
    if not got.size:
        return 0.0
    apart = np.abs(got.astype(np.float64) - wanted)
    scale = max(1.0, float(np.abs(wanted.astype(np.float64)).max()))
    if kind in ("int8", "int16"):
        # Kernels with SIMD round halves otherwise: a quantum here and there.
        return float(np.sqrt(np.mean(np.square(apart))) / scale)
    return float(apart.max() / scale)


EXACT = {"int8": 1e-6, "int16": 1e-4}
"""By LiteRT's reference kernels: what is left are the floats around, and for 16 bits a quantum."""
LIMITS = {"float": 1e-5, "float16": 1e-5, "dynamic": 0.02, "int8": 0.03, "int16": 0.002}


def compared(kind: str, names: list[str], folder: Path) -> dict[str, tuple[float, str]]:
    """By model the largest difference, and what is wrong with it ("" if nothing is)."""
    errors, exact = json.loads((folder / "errors.json").read_text())
    found = {}
    for name in names:
        if name in errors:
            found[name] = (np.inf, errors[name])
            continue
        wanted = np.load(folder / f"{name}.npz")
        got = np.load(folder / f"{name}.out.npz")
        apart = max(distance(got[key], wanted[f"o{i}"], kind) for i, key in enumerate(got.files))
        limit = EXACT[kind] if name in exact else LOOSE.get((name, kind), LIMITS[kind])
        if kind == "dynamic":
            # Activations are rounded to 8 bits again in each layer: the last place of a float, in
            # which LiteRT's own kernels differ from each other, may move one to the next integer.
            other = np.load(folder / f"{name}.other.npz")
            spread = max(distance(got[key], other[key], kind) for key in got.files)
            limit = max(limit, 1.5 * spread)
        found[name] = (
            apart,
            "" if apart <= limit else f"off by {apart:.3g}, more than {limit:.0e}",
        )
    return found
