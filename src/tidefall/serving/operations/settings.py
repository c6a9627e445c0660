"""What may be chosen about the operation of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """How a server is watched and guarded.

    Args:
      admin_token_file: the bearer tokens of the admin API, which is closed without.
      ssl_config_file: an SSLConfig in protobuf's text format; plain text is spoken without.
      monitoring_config_file: a MonitoringConfig in protobuf's text format, which may give the
        metrics a path beside /metrics.
      inference_token_file: the bearer tokens of all other APIs of models, which are open without.
    """

    admin_token_file: str = ""
    inference_token_file: str = ""
    ssl_config_file: str = ""
    monitoring_config_file: str = ""
