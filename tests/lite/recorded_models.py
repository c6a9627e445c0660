"""Reads the models that were recorded from TensorFlow's converter."""

from __future__ import annotations

import functools
import io
import tarfile
from pathlib import Path

import numpy as np

ARCHIVE = Path(__file__).parent / "recorded" / "models.tar.xz"


@functools.cache
def recorded() -> dict[str, bytes]:
    """All files of the archive."""
    with tarfile.open(ARCHIVE) as archive:
        return {
            member.name: archive.extractfile(member).read()  # pyright: ignore[reportOptionalMemberAccess]
            for member in archive.getmembers()
        }


def names() -> list[str]:
    """The names of the models."""
    return sorted(each[:-7] for each in recorded() if each.endswith(".tflite"))


def model(name: str) -> bytes:
    """A model's file."""
    return recorded()[f"{name}.tflite"]


def values(name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A model's inputs, and what LiteRT made of them."""
    with np.load(io.BytesIO(recorded()[f"{name}.npz"])) as arrays:
        found = {key: arrays[key] for key in arrays.files}
    return tuple(
        [found[f"{part}{place}"] for place in range(sum(key.startswith(part) for key in found))]
        for part in ("in", "out")
    )
