"""Finding a Cloud TPU by its name, address or environment."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from typing import Any

DEFAULT_PORT = "8470"


def request_metadata(path: str) -> str:
    """What Google's metadata server says of this machine.

    Raises:
        urllib.error.URLError: (an OSError) outside of Google's cloud.
    """
    server = os.environ.get("GCE_METADATA_HOST") or os.environ.get(
        "GCE_METADATA_IP", "metadata.google.internal"
    )
    url = f"http://{server}/computeMetadata/v1/{path}"
    request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def _endpoints(addresses: str) -> Iterator[dict[str, str]]:
    for address in addresses.split(","):
        host, _, port = address.removeprefix("grpc://").partition(":")
        yield {"ipAddress": host, "port": port or DEFAULT_PORT}


def _name(tpu: Any) -> str | None:
    if isinstance(tpu, list):
        if not tpu:
            raise ValueError("At least one TPU must be specified.")
        if len(tpu) != 1:
            raise NotImplementedError(
                "Using multiple TPUs in a single session is not yet implemented"
            )
        tpu = tpu[0]
    if isinstance(tpu, bytes):
        tpu = tpu.decode()
    for variable in ("KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS", "TPU_NAME"):
        tpu = tpu or os.environ.get(variable)
    return tpu


class TPUClient:
    """A Cloud TPU.

    Args:
        tpu: its name, or its address with grpc:// in front; otherwise the environment's
            KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS, TPU_NAME or TPU_CONFIG says it.
        zone, project: where it is; by default where this machine is.
        credentials: by default those that the machine has.
        service: the API, as `googleapiclient.discovery.build` returns it.
        discovery_url: where the API is described.

    Raises:
        ValueError: if nothing names a TPU.
        NotImplementedError: for several.
    """

    def __init__(
        self,
        tpu: Any,
        zone: str | None,
        project: str | None,
        credentials: Any,
        service: Any,
        discovery_url: str | None,
    ):
        name = _name(tpu)
        if name is None:
            config = json.loads(os.environ.get("TPU_CONFIG") or "{}")
            name = config.get("tpu_node_name")
            zone = zone or config.get("zone")
            project = project or config.get("project")
        if not name:
            raise ValueError(
                "Please provide a TPU Name to connect to. Neither the argument `tpu` nor "
                "KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS, TPU_NAME or TPU_CONFIG in the environment "
                "names one."
            )
        self.name = name
        self._by_address = name.startswith("grpc://")
        self._credentials = credentials
        self._service = service
        self._discovery_url = os.environ.get("TPU_API_DISCOVERY_URL") or discovery_url
        if not self._by_address:
            self._project = project or request_metadata("project/project-id")
            self._zone = zone or request_metadata("instance/zone").split("/")[-1]

    def endpoints(self) -> list[dict[str, Any]]:
        """The addresses of its hosts, each a dict of "ipAddress" and "port".

        Raises:
            RuntimeError: if it is not ready, or the Google API client is missing.
            ValueError: if there is none of this name.
        """
        if self._by_address:
            return list(_endpoints(self.name))
        found = self._described()
        if found.get("state") != "READY":
            raise RuntimeError(f'TPU "{self.name}" is not yet ready; state: "{found.get("state")}"')
        if "networkEndpoints" in found:
            return found["networkEndpoints"]
        return [{"ipAddress": found["ipAddress"], "port": found["port"]}]

    def _described(self) -> dict[str, Any]:
        nodes = self._api().projects().locations().nodes()
        full_name = f"projects/{self._project}/locations/{self._zone}/nodes/{self.name}"
        try:
            return nodes.get(name=full_name).execute()
        except Exception as error:
            raise ValueError(
                f"Could not lookup TPU metadata from name '{self.name}'. Please doublecheck the "
                f"tpu argument in the TPUClusterResolver constructor. Exception: {error}"
            ) from error

    def _api(self) -> Any:
        if self._service is not None:
            return self._service
        try:
            from googleapiclient import discovery  # pyright: ignore[reportMissingImports]
            from oauth2client import client  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise RuntimeError(
                "Missing runtime dependency on the Google API client. Run "
                "`pip install cloud-tpu-client` to fix."
            ) from None
        credentials = self._credentials
        if credentials is None or credentials == "default":
            credentials = client.GoogleCredentials.get_application_default()
        options = {"discoveryServiceUrl": self._discovery_url} if self._discovery_url else {}
        return discovery.build(
            "tpu", "v1", credentials=credentials, cache_discovery=False, **options
        )
