"""Pusher: a blessed model into a server's folder, as its next version."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import Any

from tidefall.io.file_systems.whole_files import sync_folder
from tidefall.lifecycle.pipelines.components.files import message, serving_model
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid, missing
from tidefall.lifecycle.pipelines.types import standard_artifacts as types


class PusherSpec(ComponentSpec):
    """What Pusher takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("push_destination", "custom_config"), ExecutionParameter(optional=True)
    )
    INPUTS = {"model": ChannelParameter(types.Model, optional=True),  # noqa: RUF012
              "model_blessing": ChannelParameter(types.ModelBlessing, optional=True),
              "infra_blessing": ChannelParameter(types.InfraBlessing, optional=True)}  # fmt: skip
    OUTPUTS = {"pushed_model": ChannelParameter(types.PushedModel)}  # noqa: RUF012


class PusherExecutor(BaseExecutor):
    """Copies the model under a temporary name and renames it."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        (pushed,) = output_dict["pushed_model"]
        flags = (("model_blessing", "BLESSED"), ("infra_blessing", "INFRA_BLESSED"))
        for key, flag in flags:
            given = input_dict.get(key)
            if given and not os.path.exists(os.path.join(given[0].uri, flag)):
                pushed.set_int_custom_property("pushed", 0)
                pushed.set_string_custom_property("reason", f"{key} is not {flag}")
                return
        model = _model(input_dict)
        destination = message("PushDestination", exec_properties, "push_destination")
        if destination.WhichOneof("destination") != "filesystem":
            raise invalid("Pusher: push_destination names no filesystem.base_directory")
        base = destination.filesystem.base_directory
        version = push(model, base)
        shutil.copytree(model, pushed.uri, dirs_exist_ok=True)
        pushed.set_int_custom_property("pushed", 1)
        pushed.set_string_custom_property("pushed_destination", os.path.join(base, version))
        pushed.set_string_custom_property("pushed_version", version)


def _model(inputs: dict[str, list[Any]]) -> str:
    if inputs.get("model"):
        return serving_model(inputs["model"][0])
    if not inputs.get("infra_blessing"):
        raise invalid("Pusher: neither model nor infra_blessing has a model")
    blessing = inputs["infra_blessing"][0]
    if not blessing.get_int_custom_property("has_model"):
        raise missing(f"Pusher: {blessing!r} has no model; set make_warmup in its RequestSpec")
    return os.path.join(blessing.uri, "stamped_model")


def push(model: str, base: str) -> str:
    """Copy a model into a folder of versions; it appears whole or not at all.

    Args:
        model: the folder of a SavedModel.
        base: the folder that a model server looks into.

    Returns:
        The version: the time in seconds, or a later number where that is not the greatest. If the
        newest version is this model already, that one, and nothing is copied: a step that was
        killed after its push does not push twice.
    """
    from tidefall.lifecycle.metadata.hashing import content_hash

    os.makedirs(base, exist_ok=True)
    versions = sorted(int(name) for name in os.listdir(base) if name.isdigit())
    if versions:
        newest = os.path.join(base, str(versions[-1]))
        if content_hash(newest) == content_hash(model):
            return str(versions[-1])
    version = str(max([int(time.time()), *(one + 1 for one in versions[-1:])]))
    temporary = os.path.join(base, f".pushing-{version}-{os.getpid()}")
    for name in os.listdir(base):
        if name.startswith(".pushing-"):
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)
    try:
        shutil.copytree(model, temporary)
        os.rename(temporary, os.path.join(base, version))
        sync_folder(base)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return version


class Pusher(BaseComponent):
    """A model in the folder of a model server, if all blessings that are given are good.

    Args:
        model: a Model; without it, the one of an infra_blessing with warm-up requests.
        model_blessing: what an Evaluator said.
        infra_blessing: what an InfraValidator said.
        push_destination: a `PushDestination`.
        custom_config: a dict, for other executors.
        custom_executor_spec: another executor.
    """

    SPEC_CLASS, EXECUTOR_SPEC = PusherSpec, PusherExecutor

    def __init__(
        self, model: Any = None, model_blessing: Any = None, infra_blessing: Any = None,
        push_destination: Any = None, custom_config: Any = None, custom_executor_spec: Any = None,
    ):  # fmt: skip
        if model is None and infra_blessing is None:
            raise invalid("Pusher takes a model, or an infra_blessing that has one")
        if push_destination is None and custom_executor_spec is None:
            raise invalid("Pusher takes a push_destination")
        super().__init__(
            PusherSpec(
                model=model, model_blessing=model_blessing, infra_blessing=infra_blessing,
                push_destination=push_destination,
                custom_config=json.dumps(custom_config or {}, sort_keys=True),
            ),
            custom_executor_spec,
        )  # fmt: skip
