"""`experimental_enable_numpy_behavior`: the switch to NumPy's behaviour for `tf.Tensor`.

What it changes is put in place when it is called, so that nothing is asked while it is off.
"""

from __future__ import annotations

from tidefall.base.config import config
from tidefall.ops.numpy import functions, operators
from tidefall.ops.numpy.making import exported_as

_MODES = ("legacy", "all", "safe", "off")


@exported_as("experimental_enable_numpy_behavior")
def experimental_enable_numpy_behavior(
    prefer_float32: bool = False, dtype_conversion_mode: str = "legacy"
) -> None:
    """Let tensors behave like NumPy's arrays.

    Tensors get NumPy's methods (`astype`, `reshape`, `T`, ...), its indexing with arrays, and
    operators that give operands of different dtypes one they have in common.

    Args:
        prefer_float32: whether Python floats are float32, not float64, in
            `tf.experimental.numpy` and operators.
        dtype_conversion_mode: how dtypes are promoted. "legacy": by NumPy's rules, in operators.
            "all": any two dtypes, in operators and in functions such as `tf.add`, with Python
            numbers weak. "safe": the same, but where values could change there is a TypeError.
            "off": not at all.

    Raises:
        ValueError: for another mode.

    It cannot be undone, so that the example runs in a process of its own.

    >>> import subprocess, sys
    >>> lines = [
    ...     "import tidefall as tf",
    ...     "tf.experimental.numpy.experimental_enable_numpy_behavior()",
    ...     "print((tf.constant([[1, 2], [3, 4]]).T + 0.5).numpy().tolist())",
    ... ]
    >>> command = [sys.executable, "-c", "; ".join(lines)]
    >>> print(subprocess.run(command, capture_output=True, text=True).stdout.strip())
    [[1.5, 3.5], [2.5, 4.5]]
    """
    if dtype_conversion_mode not in _MODES:
        raise ValueError(
            f"dtype_conversion_mode must be one of {_MODES}, got {dtype_conversion_mode!r}."
        )
    config.numpy_prefer_float32 = bool(prefer_float32)
    config.numpy_dtype_mode = dtype_conversion_mode
    config.numpy_behavior = True


def apply(_: object) -> None:
    """Put in place what the three switches say now, whichever was set."""
    if config.numpy_behavior:
        operators.install()
        functions.install()
    elif operators.are_installed():
        operators.uninstall()
        functions.uninstall()
