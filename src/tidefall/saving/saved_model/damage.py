"""Telling that a SavedModel is damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tidefall.base.errors import DataLossError, OpError, ResourceExhaustedError

# What code raises that meets something other than it was written for.
_SIGNS_OF_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextlib.contextmanager
def damage_reported(folder: str) -> Iterator[None]:
    """Report what goes wrong in the middle of a file's contents as a fault of the file."""
    from google.protobuf.message import DecodeError

    try:
        yield
    except OpError as error:
        if folder in error.message:
            raise
        raise error.restated(f"The SavedModel at {folder}: {error.message}") from error
    except (DecodeError, *_SIGNS_OF_DAMAGE) as error:
        raise DataLossError(
            None, None, f"The SavedModel at {folder} cannot be loaded, it seems damaged: {error}"
        ) from error
    except MemoryError as error:
        raise ResourceExhaustedError(
            None, None, f"There is not enough memory to load the SavedModel at {folder}."
        ) from error
