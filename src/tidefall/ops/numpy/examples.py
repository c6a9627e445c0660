"""An example for each elementwise function of `tf.experimental.numpy`, shown in its docstring."""

from __future__ import annotations

# Arguments and what comes out, by the function's own name.
EXAMPLES: dict[str, tuple[str, str]] = {
    "abs": ("[-1, 2]", "[1, 2]"),
    "arccos": ("[1.0]", "[0.0]"),
    "arccosh": ("[1.0]", "[0.0]"),
    "arcsin": ("[0.0]", "[0.0]"),
    "arcsinh": ("[0.0]", "[0.0]"),
    "arctan": ("[0.0]", "[0.0]"),
    "arctanh": ("[0.0]", "[0.0]"),
    "bitwise_not": ("[0, 5]", "[-1, -6]"),
    "cbrt": ("[1.0, -1.0]", "[1.0, -1.0]"),
    "ceil": ("[1.2, -1.2]", "[2.0, -1.0]"),
    "conjugate": ("[1 + 2j]", "[(1-2j)]"),
    "cos": ("[0.0]", "[1.0]"),
    "cosh": ("[0.0]", "[1.0]"),
    "deg2rad": ("[0.0]", "[0.0]"),
    "exp": ("[0.0]", "[1.0]"),
    "exp2": ("[0.0, 3.0]", "[1.0, 8.0]"),
    "expm1": ("[0.0]", "[0.0]"),
    "fix": ("[1.7, -1.7]", "[1.0, -1.0]"),
    "floor": ("[1.7, -1.2]", "[1.0, -2.0]"),
    "isfinite": ('[1.0, float("inf")]', "[True, False]"),
    "isinf": ('[1.0, float("-inf")]', "[False, True]"),
    "isnan": ('[1.0, float("nan")]', "[False, True]"),
    "isneginf": ('[float("inf"), float("-inf")]', "[False, True]"),
    "isposinf": ('[float("inf"), float("-inf")]', "[True, False]"),
    "isreal": ("[1.0, 2j]", "[True, False]"),
    "iscomplex": ("[1.0, 2j]", "[False, True]"),
    "log": ("[1.0]", "[0.0]"),
    "log10": ("[1.0]", "[0.0]"),
    "log1p": ("[0.0]", "[0.0]"),
    "log2": ("[1.0, 8.0]", "[0.0, 3.0]"),
    "logical_not": ("[0, 3]", "[True, False]"),
    "negative": ("[1, -2]", "[-1, 2]"),
    "positive": ("[1, -2]", "[1, -2]"),
    "rad2deg": ("[0.0]", "[0.0]"),
    "reciprocal": ("[2.0, 4.0]", "[0.5, 0.25]"),
    "signbit": ("[1.0, -2.0]", "[False, True]"),
    "sin": ("[0.0]", "[0.0]"),
    "sinc": ("[0.0]", "[1.0]"),
    "sinh": ("[0.0]", "[0.0]"),
    "sqrt": ("[4.0, 9.0]", "[2.0, 3.0]"),
    "square": ("[2, -3]", "[4, 9]"),
    "tan": ("[0.0]", "[0.0]"),
    "tanh": ("[0.0]", "[0.0]"),
    "sign": ("[-2.0, 0.0, 3.0]", "[-1.0, 0.0, 1.0]"),
    "imag": ("[1 + 2j]", "[2.0]"),
    "real": ("[1 + 2j]", "[1.0]"),
    "angle": ("[1.0]", "[0.0]"),
    "add": ("[1, 2], [10, 20]", "[11, 22]"),
    "arctan2": ("[0.0], [1.0]", "[0.0]"),
    "bitwise_and": ("[6], [3]", "[2]"),
    "bitwise_or": ("[6], [3]", "[7]"),
    "bitwise_xor": ("[6], [3]", "[5]"),
    "true_divide": ("[1, 3], 2", "[0.5, 1.5]"),
    "equal": ("[1, 2], [1, 3]", "[True, False]"),
    "float_power": ("[2.0, 3.0], 2.0", "[4.0, 9.0]"),
    "floor_divide": ("[7, -7], 2", "[3, -4]"),
    "gcd": ("[12, 9], 6", "[6, 3]"),
    "greater": ("[1, 3], 2", "[False, True]"),
    "greater_equal": ("[1, 2], 2", "[False, True]"),
    "heaviside": ("[-1.0, 0.0, 2.0], 0.5", "[0.0, 0.5, 1.0]"),
    "hypot": ("[3.0], [4.0]", "[5.0]"),
    "lcm": ("[4, 5], 6", "[12, 30]"),
    "less": ("[1, 3], 2", "[True, False]"),
    "less_equal": ("[2, 3], 2", "[True, False]"),
    "logaddexp": ('[float("-inf")], [3.0]', "[3.0]"),
    "logaddexp2": ("[1.0], [1.0]", "[2.0]"),
    "logical_and": ("[True, False], [True, True]", "[True, False]"),
    "logical_or": ("[True, False], [False, False]", "[True, False]"),
    "logical_xor": ("[True, False], [True, True]", "[False, True]"),
    "maximum": ("[1, 5], 3", "[3, 5]"),
    "minimum": ("[1, 5], 3", "[1, 3]"),
    "mod": ("[7, -7], 3", "[1, 2]"),
    "multiply": ("[1, 2], [3, 4]", "[3, 8]"),
    "nextafter": ("[0.0], [1.0]", "[5e-324]"),
    "not_equal": ("[1, 2], [1, 3]", "[False, True]"),
    "power": ("[2, 3], 2", "[4, 9]"),
    "subtract": ("[5, 7], [1, 2]", "[4, 5]"),
}


def example_of(name: str) -> str:
    """The lines of a docstring that show a call of `tf.experimental.numpy.<name>`.

    >>> "numpy.sqrt([4.0, 9.0])" in example_of("sqrt")
    True
    """
    if name not in EXAMPLES:
        return ""
    arguments, result = EXAMPLES[name]
    return f"""
    >>> import tidefall as tf
    >>> tf.experimental.numpy.{name}({arguments}).numpy().tolist()
    {result}
    """
