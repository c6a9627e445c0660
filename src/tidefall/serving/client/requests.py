"""What both protocols are given: where the server is, and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """Where the server is, and how to speak to it; see `Client`."""

    host: str
    port: int | None
    model_name: str
    version: int | None = None
    label: str | None = None
    token: str | None = None
    tls: bool = False
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, slots=True)
class Tensors:
    """Inputs of a signature; see `Client.predict`.

    Args:
        values: one array, or several by name; of rows, one for each.
        in_rows: whether they come, and are answered, in rows.
        signature_name: the signature to run; the default one for None.
    """

    values: Any
    in_rows: bool
    signature_name: str | None


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples to classify, or to do regression on; see `Client.classify`."""

    examples: Sequence[Mapping[str, Any]]
    context: Mapping[str, Any] | None
    signature_name: str | None
