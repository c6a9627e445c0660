"""Where a client's server is, and how to speak to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What both protocols need to know; see `Client`."""

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
