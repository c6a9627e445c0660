"""A light client of model servers, over REST or gRPC.

The standard library and NumPy are enough for REST; grpcio and protobuf are imported for gRPC.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import numpy as np

from tidefall.base import errors
from tidefall.serving.client.requests import Examples, Options, Tensors

_Result = TypeVar("_Result")
_SCHEMES = {"http": False, "https": True, "grpc": False, "grpcs": True}
_FIRST_PAUSE = 0.1


class _Transport(Protocol):
    """What a protocol can do. Times are seconds that are left."""

    def predict(self, request: Tensors, timeout: float) -> Any: ...

    def infer(self, request: Tensors, timeout: float) -> dict[str, np.ndarray]: ...

    def classify(self, request: Examples, timeout: float) -> list[list[tuple[str, float]]]: ...

    def regress(self, request: Examples, timeout: float) -> list[float]: ...

    def status(self, timeout: float) -> list[dict[str, Any]]: ...

    def metadata(self, timeout: float) -> dict[str, Any]: ...

    def reload(self, models: Mapping[str, str], timeout: float) -> None: ...

    def close(self) -> None: ...


class Client:
    """Talks to a model server about one model. Threads may share a client.

    Args:
        url: where the server answers: `http://127.0.0.1:8501` or `grpc://127.0.0.1:8500`; `https`
            and `grpcs` where it speaks TLS.
        model_name: the model.
        version: a version of it; the latest for None.
        label: the version that has this label, instead.
        timeout: seconds that a call may take, retries included.
        retries: how often to try again where the server refused a request without having begun it
            (UNAVAILABLE, RESOURCE_EXHAUSTED). `reload` is never tried again.
        token: a bearer token, where the server asks for one.
        ca_file: the certificates to trust (PEM); those of the system for None.
        cert_file: the client's own certificate (PEM), with `key_file`, where the server asks for
            one.
        key_file: its private key (PEM).

    Raises:
        ValueError: the URL is none of the above, or both a version and a label are given.

    >>> client = Client("http://127.0.0.1:8501", "digits")
    >>> client.url
    'http://127.0.0.1:8501'
    """

    def __init__(
        self,
        url: str,
        model_name: str,
        *,
        version: int | None = None,
        label: str | None = None,
        timeout: float = 60.0,
        retries: int = 0,
        token: str | None = None,
        ca_file: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in ("", "/"):
            expected = "http://127.0.0.1:8501 or grpc://127.0.0.1:8500"
            raise ValueError(f"expected a URL like {expected}, received {url!r}")
        if version is not None and label is not None:
            raise ValueError(f"give a version or a label, not both: {version}, {label!r}")
        self.url = url.rstrip("/")
        self._timeout, self._retries = timeout, retries
        options = Options(
            parts.hostname,
            parts.port,
            model_name,
            version,
            label,
            token,
            _SCHEMES[parts.scheme],
            ca_file,
            cert_file,
            key_file,
        )
        self._transport = _connect(parts.scheme, options)

    def predict(
        self,
        instances: Any = None,
        *,
        inputs: Any = None,
        signature_name: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Runs the model, in the terms of the REST API.

        Args:
            instances: row format: a sequence or array with one row per example, or a list of
                dicts where the model has several inputs.
            inputs: column format: one array, or a dict of arrays by input name.
            signature_name: the signature to run; the default one for None.
            timeout: seconds for this call; those of the client for None.

        Returns:
            The predictions (row format) or outputs (column format), as lists and dicts.

        Raises:
            OpError: the class of `tf.errors` that stands for the server's answer.
            UnavailableError: the server cannot be reached.
            DeadlineExceededError: it took too long.
        """
        if (instances is None) == (inputs is None):
            raise ValueError("predict takes either instances or inputs")
        in_rows = inputs is None
        request = Tensors(instances if in_rows else inputs, in_rows, signature_name)
        return self._call(self._transport.predict, timeout, request)

    def infer(
        self, inputs: Any, signature_name: str | None = None, timeout: float | None = None
    ) -> dict[str, np.ndarray]:
        """Runs the model, arrays in and arrays out.

        Args:
            inputs: an array by input name, or one array where there is one input.
            signature_name: the signature to run; the default one for None.
            timeout: seconds for this call; those of the client for None.

        Returns:
            An array by output name, of the signature's types; strings are `bytes`.

        Raises:
            OpError: as `predict`.
        """
        request = Tensors(inputs, False, signature_name)
        return self._call(self._transport.infer, timeout, request)

    def classify(
        self,
        examples: Sequence[Mapping[str, Any]],
        *,
        context: Mapping[str, Any] | None = None,
        signature_name: str | None = None,
        timeout: float | None = None,
    ) -> list[list[tuple[str, float]]]:
        """Classifies Examples.

        Args:
            examples: for each one its features: numbers, text or bytes, or lists of them, by name.
            context: features that belong to all of them.
            signature_name: the signature to run; the default one for None.
            timeout: seconds for this call; those of the client for None.

        Returns:
            For each example (label, score) of each class.

        Raises:
            OpError: as `predict`.
        """
        request = Examples(examples, context, signature_name)
        return self._call(self._transport.classify, timeout, request)

    def regress(
        self,
        examples: Sequence[Mapping[str, Any]],
        *,
        context: Mapping[str, Any] | None = None,
        signature_name: str | None = None,
        timeout: float | None = None,
    ) -> list[float]:
        """The value that a model gives each Example; takes what `classify` takes."""
        request = Examples(examples, context, signature_name)
        return self._call(self._transport.regress, timeout, request)

    def status(self) -> list[dict[str, Any]]:
        """The `model_version_status` list of the model, latest version first."""
        return self._call(self._transport.status, None)

    def metadata(self) -> dict[str, Any]:
        """The model's name, version and signatures."""
        return self._call(self._transport.metadata, None)

    def reload(self, models: Mapping[str, str], timeout: float | None = None) -> None:
        """Has the server serve these models, and no others; over gRPC only.

        Args:
            models: the folder around a model's versions, by the model's name.
            timeout: seconds for this call; those of the client for None.

        Raises:
            OpError: the server refuses, and goes on as before; or a new model cannot be loaded.
            UnimplementedError: this client speaks REST, which has no such request.
        """
        self._transport.reload(models, self._timeout if timeout is None else timeout)

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _call(self, call: Callable[..., _Result], timeout: float | None, *request: Any) -> _Result:
        end = time.monotonic() + (self._timeout if timeout is None else timeout)
        pause = _FIRST_PAUSE
        for _ in range(self._retries):
            try:
                return call(*request, max(0.001, end - time.monotonic()))
            except (errors.UnavailableError, errors.ResourceExhaustedError):
                if time.monotonic() + pause >= end:
                    raise
                time.sleep(pause)
                pause *= 2
        return call(*request, max(0.001, end - time.monotonic()))


def _connect(scheme: str, options: Options) -> _Transport:
    if scheme.startswith("grpc"):
        from tidefall.serving.client.over_grpc import GrpcTransport

        return GrpcTransport(options)
    from tidefall.serving.client.over_http import HttpTransport

    return HttpTransport(options)
