"""What may be chosen about the gRPC server."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """Bounds and options of the gRPC server.

    Args:
        threads: requests that are worked on at the same time.
        requests: requests there may be at all, those included that wait for a thread, for a batch
            or for the rest of their message; further ones are answered with RESOURCE_EXHAUSTED.
        message_bytes: the longest message that is accepted, and the size of the largest input.
        held_bytes: memory for messages that are worked on, all together; further ones are answered
            with RESOURCE_EXHAUSTED.
        socket_path: a UNIX socket to listen on as well; "" for none. It is never encrypted.
        channel_arguments: gRPC's own options, such as `("grpc.max_connection_age_ms", 60000)`.
        health: whether to answer gRPC's health service.
        reflection: whether to describe the services to tools that ask.
        serialize_as_content: send outputs as `tensor_content`, which is faster, but which clients
            that read `float_val` and its like do not see.
    """

    threads: int = max(4, os.cpu_count() or 1)
    requests: int = 512
    message_bytes: int = 64 * 1024 * 1024
    held_bytes: int = 1024 * 1024 * 1024
    socket_path: str = ""
    channel_arguments: tuple[tuple[str, int | str], ...] = ()
    health: bool = False
    reflection: bool = False
    serialize_as_content: bool = False

    def __post_init__(self) -> None:
        for name in ("threads", "requests", "message_bytes", "held_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, received {getattr(self, name)}")
