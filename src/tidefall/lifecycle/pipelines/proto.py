"""The messages that configure components, by TFX's public names.

from tidefall.pipelines import proto

proto.TrainArgs(num_steps=100)
"""

from __future__ import annotations

import importlib
from typing import Any

from tidefall.proto import registry

_PACKAGES = {
    "tfx.components.bulkinferrer": (
        "ClassifyOutput", "DataSpec", "ModelSpec", "OutputColumnsSpec", "OutputExampleSpec",
        "PredictOutput", "PredictOutputCol", "RegressOutput",
    ),
    "tfx.components.evaluator": ("FeatureSlicingSpec", "SingleSlicingSpec"),
    "tfx.components.example_diff": ("ExampleDiffConfig", "PairedExampleSkew"),
    "tfx.components.example_gen": (
        "CustomConfig", "FileFormat", "Input", "Output", "PayloadFormat", "SplitConfig",
    ),
    "tfx.components.infra_validator": (
        "EnvVar", "EnvVarSource", "KubernetesConfig", "LocalDockerConfig", "PodOverrides",
        "RequestSpec", "SecretKeySelector", "ServingSpec", "TensorFlowServing",
        "TensorFlowServingRequestSpec", "ValidationSpec",
    ),
    "tfx.components.pusher": ("PushDestination", "Versioning"),
    "tfx.configs": ("RangeConfig", "RollingRange", "StaticRange"),
    "tfx.components.trainer": ("EvalArgs", "TrainArgs"),
    "tfx.components.transform": ("SplitsConfig",),
    "tfx.components.tuner": ("TuneArgs",),
}  # fmt: skip
_FULL = {name: f"{package}.{name}" for package, names in _PACKAGES.items() for name in names}
__all__ = sorted(_FULL)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name.endswith("_pb2"):  # `from tfx.proto import pusher_pb2`
        return importlib.import_module(__name__)
    if name not in _FULL:
        raise AttributeError(f"module {__name__!r} has no message {name!r}")
    value = registry.lookup(_FULL[name])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
