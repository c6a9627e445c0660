"""`tensorflow.serving.ModelService`."""

from __future__ import annotations

import logging
from typing import Any

from tidefall.core import errors
from tidefall.proto import serving
from tidefall.serving.grpc_api.calls import Caller, Guard, Method, check_spec
from tidefall.serving.models.config_file import model_configs
from tidefall.serving.models.states import VersionStatus

NAME = "tensorflow.serving.ModelService"
_LONGEST_LOAD_SECONDS = 3600.0
_logger = logging.getLogger("tidefall.serving")


class ModelService:
    """The methods that tell of models, and change which ones are served.

    Args:
      caller: runs the methods.
      admin_guard: decides who may change the configuration; who may call for None.
    """

    def __init__(self, caller: Caller, admin_guard: Guard | None = None) -> None:
        self._caller = caller
        self._admin_guard = admin_guard

    def methods(self) -> dict[str, Method]:
        """The methods by name, as gRPC calls them."""
        return {
            "GetModelStatus": self._caller.method(self._status),
            "HandleReloadConfigRequest": self._caller.method(self._reload, self._admin_guard),
        }

    def _status(self, request: Any, context: Any) -> Any:
        spec = request.model_spec
        check_spec(spec, request.HasField("model_spec"))
        version = spec.version.value if spec.HasField("version") else None
        label = spec.version_label if spec.HasField("version_label") else None
        reply = serving.GetModelStatusResponse()
        for status in self._caller.manager.statuses(spec.name, version, label):
            _fill_status(reply.model_version_status.add(), status)
        return reply

    def _reload(self, request: Any, context: Any) -> Any:
        if request.metric_names:
            message = "ReloadConfigRequest.metric_names is not implemented; read the metrics page"
            raise errors.UnimplementedError(None, None, message)
        configs, manager = model_configs(request.config), self._caller.manager
        if not configs:
            message = (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only a "
                "ModelConfigList with models is currently supported"
            )
            raise errors.InvalidArgumentError(None, None, message)
        added = [name for name in configs if name not in manager]
        for name, config in configs.items():
            _logger.info("reload: model %s at %s", name, config.base_path)
        manager.reload(configs.values(), f"gRPC client at {context.peer()}")
        self._caller.step_aside()
        manager.wait_until_available(min(context.time_remaining(), _LONGEST_LOAD_SECONDS), added)
        reply = serving.ReloadConfigResponse()
        reply.status.SetInParent()
        return reply


def _fill_status(message: Any, status: VersionStatus) -> None:
    message.version = status.version
    message.state = serving.ModelVersionStatus.State.Value(status.state.value)
    message.status.error_code = getattr(errors, status.error_code)
    message.status.error_message = status.error_message
