"""What a model is converted for: sets of ops, optimizations, sample inputs."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any

from tidefall.base.exports import export


@export("lite.OpsSet")
class OpsSet(enum.Enum):
    """Kinds of operators that a model may use.

    - `TFLITE_BUILTINS`: LiteRT's builtin operators.
    - `SELECT_TF_OPS`: TensorFlow's ops, which take the Flex delegate to run.
    - `TFLITE_BUILTINS_INT8`: builtin operators on integers alone: nothing may stay float.
    - `EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8`: activations of 16 bits with
      weights of 8.
    - `EXPERIMENTAL_STABLEHLO_OPS`: refused; LiteRT's own converter for JAX and PyTorch writes them.

    >>> import tidefall as tf
    >>> str(tf.lite.OpsSet.TFLITE_BUILTINS)
    'TFLITE_BUILTINS'
    """

    TFLITE_BUILTINS = "TFLITE_BUILTINS"
    SELECT_TF_OPS = "SELECT_TF_OPS"
    TFLITE_BUILTINS_INT8 = "TFLITE_BUILTINS_INT8"
    EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 = (
        "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"
    )
    EXPERIMENTAL_STABLEHLO_OPS = "EXPERIMENTAL_STABLEHLO_OPS"

    def __str__(self) -> str:
        return str(self.value)

    @staticmethod
    def get_options() -> list[str]:
        """The names of all sets."""
        return [str(option) for option in OpsSet]


INT16_ACTIVATIONS = OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8


@export("lite.Optimize")
class Optimize(enum.Enum):
    """What a model is optimized for.

    - `DEFAULT`: quantize. Without a representative dataset the weights become int8 (dynamic range),
      with one activations do, too; `target_spec.supported_types = [tf.float16]` asks for float16.
    - `OPTIMIZE_FOR_SIZE`, `OPTIMIZE_FOR_LATENCY`: the same as `DEFAULT`.
    - `EXPERIMENTAL_SPARSITY`: nothing, and a warning: pruned weights are stored with their zeros.

    >>> import tidefall as tf
    >>> str(tf.lite.Optimize.DEFAULT)
    'DEFAULT'
    """

    DEFAULT = "DEFAULT"
    OPTIMIZE_FOR_SIZE = "OPTIMIZE_FOR_SIZE"
    OPTIMIZE_FOR_LATENCY = "OPTIMIZE_FOR_LATENCY"
    EXPERIMENTAL_SPARSITY = "EXPERIMENTAL_SPARSITY"

    def __str__(self) -> str:
        return str(self.value)


@export("lite.RepresentativeDataset")
class RepresentativeDataset:
    """Samples of the inputs, by which ranges of activations are found.

    Args:
        input_gen: function without arguments that returns an iterable of samples. A sample is a
            list or tuple of arrays in the order of the inputs, a dict of them by name, or for
            several signatures a pair `(key, dict)`.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> x = np.ones([1, 2], np.float32)
    >>> samples = tf.lite.RepresentativeDataset(lambda: ([x * n] for n in range(2)))
    >>> len(list(samples.input_gen()))
    2
    """

    def __init__(self, input_gen: Callable[[], Iterable[Any]]):
        self.input_gen = input_gen


@export("lite.TargetSpec")
class TargetSpec:
    """What the model is to run on.

    Args:
        supported_ops: sets of operators it may use; `{OpsSet.TFLITE_BUILTINS}` by default.
        supported_types: dtypes it may use: `tf.float16` for weights of half precision, `tf.int8`
            for integers alone.
        experimental_select_user_tf_ops: names of custom TensorFlow ops the runtime knows.
        experimental_supported_backends: refused: there are no backends to convert for.

    >>> import tidefall as tf
    >>> spec = tf.lite.TargetSpec(supported_types=[tf.float16])
    >>> spec.supported_ops == {tf.lite.OpsSet.TFLITE_BUILTINS}
    True
    """

    def __init__(
        self,
        supported_ops: Iterable[OpsSet] | None = None,
        supported_types: Iterable[Any] | None = None,
        experimental_select_user_tf_ops: Iterable[str] | None = None,
        experimental_supported_backends: Iterable[str] | None = None,
    ):
        self.supported_ops: Any = (
            {OpsSet.TFLITE_BUILTINS} if supported_ops is None else set(supported_ops)
        )
        self.supported_types: Any = set() if supported_types is None else set(supported_types)
        self.experimental_select_user_tf_ops: Any = (
            set() if experimental_select_user_tf_ops is None
            else set(experimental_select_user_tf_ops)
        )  # fmt: skip
        self.experimental_supported_backends = experimental_supported_backends
