"""How this package says what is wrong."""

from __future__ import annotations

from tidefall.base import errors


def invalid(message: str) -> errors.InvalidArgumentError:
    """An error about what was given."""
    return errors.InvalidArgumentError(None, None, message)


def damaged(message: str) -> errors.DataLossError:
    """An error about a file that is not what it should be."""
    return errors.DataLossError(None, None, message)


def missing(message: str) -> errors.NotFoundError:
    """An error about what is not there."""
    return errors.NotFoundError(None, None, message)


def unimplemented(message: str) -> errors.UnimplementedError:
    """An error about what is not made here."""
    return errors.UnimplementedError(None, None, message)


def need(module: str, extra: str = "data") -> ImportError:
    """An error about a library that is not installed."""
    return ImportError(
        f"this needs {module}, which is not installed: `pip install tidefall[{extra}]`"
    )
