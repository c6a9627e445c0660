"""Flags of `tensorflow_model_server` that have nothing behind them here."""

from __future__ import annotations

from collections.abc import Mapping

_TFLITE = (
    "a version folder with model.tflite and no SavedModel is served as it is, by as many "
    "interpreters as there are requests at a time"
)

_REASONS: Mapping[str, str] = {
    "enable_profiler": "there is no profiler service",
    "mixed_precision": "models run in the types they were saved with",
    "num_tflite_interpreters_per_pool": _TFLITE,
    "num_tflite_pools": _TFLITE,
    "platform_config_file": "the only platform is TensorFlow's",
    "prefer_tflite_model": _TFLITE,
    "thread_pool_factory_config_file": "there are no other pools of threads to choose from",
    "use_alts_credentials": "TLS is set up with --ssl_config_file",
}
_NOTHING = frozenset({"", "0", "false"})


def why_refused(name: str, value: str | None) -> str | None:
    """What to say to a flag that has nothing behind it.

    Args:
        name: the flag, without dashes.
        value: what stands behind the "=", None where nothing does.

    Returns:
        The message; "" where the flag asks for nothing, as `--enable_profiler=false` does; None
        where it is no such flag.
    """
    reason = _REASONS.get(name)
    if reason is None:
        return None
    if value is not None and value.lower() in _NOTHING:
        return ""
    return f"flag --{name} is not implemented: {reason}"
