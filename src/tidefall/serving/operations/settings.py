"""What may be chosen about the operation of a server."""

from __future__ import annotations

from dataclasses import dataclass

from tidefall.serving.models.config import Recording


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """How a server is watched and guarded.

    Args:
        admin_token_file: the bearer tokens of the admin API, which is closed without.
        inference_token_file: the bearer tokens of all other APIs of models, which are open without.
        ssl_config_file: an SSLConfig in protobuf's text format; plain text is spoken without.
        monitoring_config_file: a MonitoringConfig in protobuf's text format, which may give the
            metrics a path beside /metrics.
        request_log: the file for a line of JSON about each request; "-" for standard error.
        request_log_rate: how many of the requests, 0 to 1.
        request_log_values: whether the values of tensors are written too.
        recording: how the requests of models are recorded whose configuration does not say it.
        quarantine: the file for requests that break the schema of their model; none without.
        quarantine_max_bytes: how large it may get.
        event_log: the folder of the log for monitoring; there is none for "".
        event_log_rate: how many of the requests, 0 to 1.
        event_log_redact: columns that are never written, such as "input.name".
        event_log_id_input: the input whose values name the rows.
        event_log_bytes: how much the folder may hold.
        tracing: whether requests are traced even where OpenTelemetry's variables do not ask for it.
    """

    admin_token_file: str = ""
    inference_token_file: str = ""
    ssl_config_file: str = ""
    monitoring_config_file: str = ""
    request_log: str = ""
    request_log_rate: float = 1.0
    request_log_values: bool = False
    recording: Recording | None = None
    quarantine: str = ""
    quarantine_max_bytes: int = 1 << 30
    event_log: str = ""
    event_log_rate: float = 1.0
    event_log_redact: tuple[str, ...] = ()
    event_log_id_input: str = ""
    event_log_bytes: int = 1 << 30
    tracing: bool = False
