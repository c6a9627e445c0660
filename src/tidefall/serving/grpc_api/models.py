"""`tensorflow.serving.ModelService`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from tidefall.base import errors
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
        counted: the sum that a counter of the metrics page stands at.
    """

    def __init__(
        self,
        caller: Caller,
        admin_guard: Guard | None = None,
        counted: Callable[[str], float] = lambda name: 0,
    ) -> None:
        self._caller = caller
        self._admin_guard = admin_guard
        self._counted = counted

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
        configs, manager = model_configs(request.config), self._caller.manager
        if not configs:
            message = (
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only a "
                "ModelConfigList with models is currently supported"
            )
            raise errors.InvalidArgumentError(None, None, message)
        before = self._metrics(request.metric_names)
        added = [name for name in configs if name not in manager]
        for name, config in configs.items():
            _logger.info("reload: model %s at %s", name, config.base_path)
        manager.reload(configs.values(), f"gRPC client at {context.peer()}")
        self._caller.step_aside()
        manager.wait_until_available(min(context.time_remaining(), _LONGEST_LOAD_SECONDS), added)
        reply = serving.ReloadConfigResponse()
        reply.status.SetInParent()
        for name, value in self._metrics(request.metric_names).items():
            reply.metric.add(name=name, int64_value_increase=value - before[name])
        return reply

    def _metrics(self, names: Iterable[str]) -> dict[str, int]:
        """What counters stand at, by TensorFlow's own names, as "/tensorflow/serving/...".

        Prometheus takes no slashes, so the metrics page has colons there.
        """
        return {name: int(self._counted(name.replace("/", ":"))) for name in names}


def _fill_status(message: Any, status: VersionStatus) -> None:
    message.version = status.version
    message.state = serving.ModelVersionStatus.State.Value(status.state.value)
    message.status.error_code = getattr(errors, status.error_code)
    message.status.error_message = status.error_message
