"""Options of saving and loading."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model

X = np.float32([1.0, -2.0, 3.0])


def _module(tf: Any) -> Any:
    class Scale(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([2.0, 3.0, 4.0], name="v")

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])
        def f(self, x: Any) -> Any:
            return self.v * x

    return Scale()


def _options(tf: Any, obj: Any) -> Any:
    policy = tf.saved_model.experimental.VariablePolicy
    return tf.saved_model.SaveOptions(
        namespace_whitelist=["Test"],
        save_debug_info=True,
        function_aliases={"scaled": obj.f},
        experimental_io_device="/job:localhost",
        experimental_variable_policy=policy.SAVE_VARIABLE_DEVICES,
        experimental_custom_gradients=True,
    )


@model(
    ("f", X), ("signatures/serving_default", {"x": X}), ("gradient", ("f", X), ["v"]),
    options=_options,
)  # fmt: skip
def saved_with_options(tf: Any) -> Any:
    """Debug info, devices of variables, aliases, namespaces, a device for files."""
    return _module(tf)


def _load_tagged(tf: Any, folder: str) -> Any:
    return tf.saved_model.load(folder, ["serve", "tpu"])


def _tag(tf: Any, obj: Any) -> Any:
    return tf.saved_model.SaveOptions(extra_tags=["tpu"])


@model(("f", X), read=_load_tagged, options=_tag)
def extra_tags(tf: Any) -> Any:
    """More tags than serve."""
    return _module(tf)


def _load_aliases(tf: Any, folder: str) -> Any:
    options = tf.saved_model.LoadOptions(experimental_load_function_aliases=True)
    return tf.saved_model.load(folder, options=options)


def _alias(tf: Any, obj: Any) -> Any:
    return tf.saved_model.SaveOptions(function_aliases={"scaled": obj.f, "twice": obj.g})


@model(
    ("f", X),
    ("function_aliases/scaled", X),
    ("function_aliases/twice", X),
    ("function_aliases/twice", X, 3.0),
    read=_load_aliases,
    again=False,
    options=_alias,
)
def loaded_aliases(tf: Any) -> Any:
    """Functions by the aliases they were saved with."""
    obj = _module(tf)
    obj.g = tf.function(lambda x, times=2.0: obj.f(x) * times)
    obj.g(tf.constant(X))
    obj.g(tf.constant(X), 3.0)
    return obj


def _load_skipping(tf: Any, folder: str) -> Any:
    options = tf.saved_model.LoadOptions(experimental_skip_checkpoint=True)
    return tf.saved_model.load(folder, options=options)


@model(("constant", X), read=_load_skipping, again=False)
def loaded_without_values(tf: Any) -> Any:
    """The checkpoint is left out."""
    obj = _module(tf)
    obj.constant = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([3])])
    return obj


def _load_device(tf: Any, folder: str) -> Any:
    options = tf.saved_model.LoadOptions(
        allow_partial_checkpoint=True,
        experimental_io_device="/job:localhost",
        experimental_variable_policy="save_variable_devices",
    )
    return tf.saved_model.load(folder, options=options)


@model(("f", X), ("v",), read=_load_device)
def loaded_with_options(tf: Any) -> Any:
    """Options that change nothing on one machine."""
    return _module(tf)


def _load_fingerprint(tf: Any, folder: str) -> Any:
    found = tf.saved_model.experimental.read_fingerprint(folder)
    holder = tf.saved_model.load(folder)
    names = ("graph_def_program_hash", "signature_def_hash", "saved_object_graph_hash")
    holder.known = tf.constant([getattr(found, name) > 0 for name in names])
    holder.name = tf.constant(found.singleprint().count("/"))
    same = tf.saved_model.experimental.read_fingerprint(folder)
    holder.same = tf.constant(
        [found == same, found.variables_checksum == same.variables_checksum]
        if hasattr(found, "variables_checksum")
        else [found == same, True]
    )
    return holder


@model(("known",), ("name",), ("same",), ("f", X), read=_load_fingerprint, again=False)
def fingerprints(tf: Any) -> Any:
    """The fingerprint of a model."""
    return _module(tf)
