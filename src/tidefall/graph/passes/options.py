"""Which steps of the graph optimizer run: `tf.config.optimizer`."""

from __future__ import annotations

import logging
from typing import Any

from tidefall.base.config import config
from tidefall.base.exports import export

_log = logging.getLogger("tidefall.graph")

TOGGLES = (
    "layout_optimizer",
    "constant_folding",
    "shape_optimization",
    "remapping",
    "arithmetic_optimization",
    "dependency_optimization",
    "loop_optimization",
    "function_optimization",
    "debug_stripper",
    "disable_model_pruning",
    "scoped_allocator_optimization",
    "pin_to_host_optimization",
    "implementation_selector",
    "auto_mixed_precision",
    "use_plugin_optimizers",
    "disable_meta_optimizer",
    "auto_mixed_precision_onednn_bfloat16",
    "auto_mixed_precision_mkl",
)
"""TensorFlow's options, in the order in which it reports them."""

MEMORY_BUDGET = "memory_budget_bytes"
"""Tidefall's own: values that a function keeps beyond this are computed again."""
_NUMBERS = ("min_graph_nodes", MEMORY_BUDGET)
_ALWAYS_SHOWN = ("disable_model_pruning", "disable_meta_optimizer")
SMALLEST_GRAPH = 4
"""Graphs with fewer nodes are left alone unless `min_graph_nodes` says otherwise."""


@export("config.optimizer.set_experimental_options")
def set_experimental_options(options: dict[str, Any]) -> None:
    """Turn steps of the graph optimizer on or off, for functions that run for the first time later.

    Args:
        options: a bool for each step to change; None forgets what was said of it. All steps but
            `auto_mixed_precision`, `auto_mixed_precision_onednn_bfloat16` and `debug_stripper` are
            on until they are turned off.

            - `disable_meta_optimizer`: turn everything off.
            - `function_optimization`: calls of other functions are inlined.
            - `dependency_optimization`: nodes that only pass values on are left out.
            - `shape_optimization`: known shapes become constants; nodes that change none go.
            - `constant_folding`: what depends on constants alone is computed beforehand.
            - `arithmetic_optimization`: simpler arithmetic, common subexpressions.
            - `loop_optimization`: what a loop computes anew each time moves before it.
            - `remapping`: products and convolutions are fused with bias and activation.
            - `layout_optimizer`: convolutions run in the layout that is faster.
            - `disable_model_pruning`: keep nodes that nobody needs.
            - `auto_mixed_precision`, `auto_mixed_precision_onednn_bfloat16` (or `_mkl`): compute
              products and convolutions in float16 on GPUs, in bfloat16 on any device.
            - `debug_stripper`: leave out assertions and messages.
            - `min_graph_nodes`: an int; smaller graphs are left alone (4 by default; -1: none).
            - `memory_budget_bytes`: an int, Tidefall's own: rather than keeping more than this,
              compute cheap values again where they are needed.

            `scoped_allocator_optimization`, `pin_to_host_optimization`, `implementation_selector`
            and `use_plugin_optimizers` are accepted; there is nothing for them to do.

    >>> import tidefall as tf
    >>> tf.config.optimizer.set_experimental_options({"constant_folding": False})
    >>> tf.config.optimizer.get_experimental_options()["constant_folding"]
    False
    >>> tf.config.optimizer.set_experimental_options({"constant_folding": None})
    """
    chosen = dict(config.optimizer_options)
    for name, value in options.items():
        if name not in TOGGLES and name not in _NUMBERS:
            _log.warning("tf.config.optimizer has no option %r; it is ignored.", name)
            continue
        if value is None:
            chosen.pop(name, None)
        else:
            chosen[name] = int(value) if name in _NUMBERS else bool(value)
    config.optimizer_options = chosen


@export("config.optimizer.get_experimental_options")
def get_experimental_options() -> dict[str, Any]:
    """The options of the graph optimizer that were set, by name; see `set_experimental_options`.

    >>> import tidefall as tf
    >>> tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
    False
    """
    chosen = config.optimizer_options
    found: dict[str, Any] = {}
    for name in TOGGLES:
        if name in chosen or name in _ALWAYS_SHOWN:
            found[name] = chosen.get(name, False)
    found.update((name, chosen[name]) for name in _NUMBERS if name in chosen)
    return found


@export("config.optimizer.set_jit")
def set_jit(enabled: bool | str) -> None:
    """Compile functions with XLA from their first call on, where that can be done.

    Args:
        enabled: "autoclustering" or True for yes; anything else for no: functions then move to XLA
            when that pays.

    >>> import tidefall as tf
    >>> tf.config.optimizer.set_jit(False)
    """
    config.autoclustering = enabled in (True, "autoclustering")


@export("config.optimizer.get_jit")
def get_jit() -> str:
    """ "autoclustering" if functions are compiled from their first call on, else an empty string.

    >>> import tidefall as tf
    >>> tf.config.optimizer.get_jit()
    ''
    """
    return "autoclustering" if config.autoclustering else ""


def option(name: str, default: Any) -> Any:
    """The value of an option, or what holds while nobody set it."""
    return config.optimizer_options.get(name, default)
