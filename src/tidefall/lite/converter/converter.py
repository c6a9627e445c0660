"""`tf.lite.TFLiteConverter`."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes, errors
from tidefall.base.exports import export
from tidefall.lite.converter import flags, metadata
from tidefall.lite.converter.assembly import assemble
from tidefall.lite.converter.convert import lower_sources
from tidefall.lite.converter.fallback import Fallback
from tidefall.lite.converter.ir import LiteProgram
from tidefall.lite.converter.report import Report
from tidefall.lite.converter.rewrites import run_rewrites
from tidefall.lite.converter.sources import Source, from_functions, from_keras, from_saved_model
from tidefall.lite.converter.target import OpsSet, TargetSpec
from tidefall.lite.converter.verification import verify
from tidefall.lite.quantize.modes import Mode, choose_mode, quantize
from tidefall.lite.quantize.samples import Samples
from tidefall.lite.quantize.trained import RandomSamples, is_trained
from tidefall.lite.schema import write_model

_log = logging.getLogger("tidefall.lite")


@export("lite.TFLiteConverter")
class TFLiteConverter:
    """Convert a model into LiteRT's `.tflite` format.

    Make one with `from_keras_model`, `from_saved_model` or `from_concrete_functions`.

    Attributes:
        optimizations: a list of `tf.lite.Optimize`; `[Optimize.DEFAULT]` quantizes.
        representative_dataset: samples of the inputs, for quantizing activations: a
            `tf.lite.RepresentativeDataset` or its function.
        target_spec: a `tf.lite.TargetSpec`: which operators and dtypes may be used.
        inference_input_type, inference_output_type: `tf.float32`, or for integer models `tf.int8`,
            `tf.uint8` or `tf.int16`.
        allow_custom_ops: whether ops without builtins become custom operators.
        exclude_conversion_metadata: whether to leave out how the file was made.
        verify: whether to run the file beside the source before it is returned.
        fuse_lstm: whether LSTM layers with default activations, no initial state and a fixed batch
            become the operator UNIDIRECTIONAL_SEQUENCE_LSTM, which is faster than a loop. It keeps
            its state: call `reset_all_variables()` of the interpreter before each sequence.
        accuracy: None, or a pair of a function and a bound. The function takes the outputs of a
            float model and those of the quantized one for a sample, as two lists of arrays, and
            returns how far they are apart. Layers are kept in float until the mean over the
            representative dataset is within the bound. `report.kept` names them.
        report: what the last conversion found, a `Report`; it can be printed.

    >>> import tidefall as tf
    >>> layers = tf.keras.layers
    >>> model = tf.keras.Sequential([layers.Input([4]), layers.Dense(2, activation="relu")])
    >>> content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    >>> content[4:8]
    b'TFL3'
    """

    def __init__(self, funcs: Any, trackable_obj: Any = None):
        self._functions: Sequence[Any] = funcs if isinstance(funcs, (list, tuple)) else [funcs]
        self._sources: list[Source] | None = None
        self._make_sources: Callable[[], list[Source]] = lambda: from_functions(self._functions)
        self._alive = (funcs, trackable_obj)
        self._origin = metadata.CONCRETE_FUNCTIONS
        self.optimizations: Any = []
        self.representative_dataset: Any = None
        self.target_spec = TargetSpec()
        self.allow_custom_ops = False
        self.exclude_conversion_metadata = False
        self.inference_input_type: Any = dtypes.float32
        self.inference_output_type: Any = dtypes.float32
        self._experimental_disable_per_channel = False
        self._experimental_disable_per_channel_quantization_for_dense_layers = False
        self.verify = True
        self.fuse_lstm = False
        self.accuracy: tuple[Callable[..., float], float] | None = None
        self.denylisted_ops: Sequence[str] = ()
        self.denylisted_nodes: Sequence[str] = ()
        self.report = Report()
        flags.set_defaults(self)

    # ---- what is converted ----

    @classmethod
    def from_keras_model(cls, model: Any) -> TFLiteConverter:
        """A converter of a Keras model.

        Args:
            model: a built model. It is converted as called for inference, with the weights that it
                has when `convert` is called.
        """
        made = cls([], model)
        made._make_sources = lambda: [from_keras(model)]
        made._origin = metadata.KERAS_MODEL
        return made

    @classmethod
    def from_saved_model(
        cls, saved_model_dir: Any, signature_keys: Sequence[str] | None = None, tags: Any = None
    ) -> TFLiteConverter:
        """A converter of a SavedModel.

        Args:
            saved_model_dir: its folder.
            signature_keys: which signatures to convert; all by default.
            tags: which graph to load; the one for serving by default.

        Raises:
            ValueError: if it lacks a signature.
        """
        made = cls([], None)
        sources, loaded = from_saved_model(str(saved_model_dir), signature_keys, tags)
        made._make_sources = lambda: sources
        made._alive = (loaded, None)
        made._origin = metadata.SAVED_MODEL
        return made

    @classmethod
    def from_concrete_functions(cls, funcs: Any, trackable_obj: Any = None) -> TFLiteConverter:
        """A converter of concrete functions.

        Args:
            funcs: a list of them. The only one becomes the signature `serving_default`; several
                become signatures of their own names.
            trackable_obj: the object whose variables they use; it is kept alive.

        Raises:
            ValueError: if there is none, or something else in the list.
        """
        from_functions(funcs)
        return cls(funcs, trackable_obj)

    @classmethod
    def experimental_from_jax(cls, serving_funcs: Any, inputs: Any) -> TFLiteConverter:
        """Not there: JAX functions are converted by way of `jax2tf`.

        Raises:
            tf.errors.UnimplementedError: always.
        """
        raise errors.UnimplementedError(
            None, None,
            "TFLiteConverter.experimental_from_jax is not there. Turn the function into a "
            "tf.function with jax2tf and use from_concrete_functions.",
        )  # fmt: skip

    # ---- converting ----

    def sources(self) -> list[Source]:
        """What is converted, as functions with names."""
        if self._sources is None:
            self._sources = self._make_sources()
        return self._sources

    def convert(self) -> bytes:
        """Convert the model.

        Returns:
            The content of the `.tflite` file.

        Raises:
            tf.errors.UnimplementedError: if ops have no builtins; it names all of them, with layer
                and line. Also if `TFLITE_BUILTINS_INT8` is asked for and layers would stay float.
            tf.errors.InvalidArgumentError: for representative data that does not fit the inputs,
                or weights that are not finite.
            ValueError: for options that contradict each other.
        """
        self._check()
        report = self.report = Report()
        program = self._lowered(report)
        if report.obstacles:
            raise errors.UnimplementedError(None, None, self._explain(report))
        mode = choose_mode(self, is_trained(program))
        samples = self._samples(program)
        program = self._quantized(program, mode, samples, report)
        return self._write(program, mode, report)

    def quantized_pair(self) -> tuple[LiteProgram, LiteProgram]:
        """The model before and after quantization to integers, as programs whose layers can be
        compared; nothing is written.

        Raises:
            ValueError: if the options do not ask for integers.
        """
        self._check()
        report = self.report = Report()
        program = self._lowered(report)
        if report.obstacles:
            raise errors.UnimplementedError(None, None, self._explain(report))
        mode = choose_mode(self, is_trained(program))
        if not mode.is_integer:
            raise ValueError(
                "Comparing layers takes a model of integers: set optimizations = "
                "[tf.lite.Optimize.DEFAULT] and a representative_dataset."
            )
        return program, self._quantized(program, mode, self._samples(program), report)

    def write(self, program: LiteProgram) -> bytes:
        """The file of a program of `quantized_pair`."""
        return self._write(program, choose_mode(self, True), self.report)

    def check(self) -> Report:
        """Find out, without converting, what will not go and where it stands.

        Returns:
            A `Report` with the ops that cannot be converted, those that need Flex, and for the
            options chosen the layers that would stay float; each with its layer and the user's
            line.

        >>> import tidefall as tf
        >>> @tf.function(input_signature=[tf.TensorSpec([3, 3])])
        ... def inverse(x):
        ...     return tf.linalg.inv(x)
        >>> report = tf.lite.TFLiteConverter.from_concrete_functions(
        ...     [inverse.get_concrete_function()]).check()
        >>> [o.op for o in report.obstacles]
        ['MatrixInverse']
        """
        from tidefall.lite.quantize.integer import float_layers

        self._check()
        report = Report()
        program = self._lowered(report)
        mode = choose_mode(self, is_trained(program))
        if mode.is_integer:
            report.float_layers = float_layers(program, mode)
        return report

    # ---- steps ----

    def _check(self) -> None:
        flags.check(self)
        wanted = set(self.target_spec.supported_ops)
        unknown = [o for o in wanted if not isinstance(o, OpsSet)]
        if unknown:
            raise ValueError(f"target_spec.supported_ops takes tf.lite.OpsSet, got {unknown}.")
        if OpsSet.EXPERIMENTAL_STABLEHLO_OPS in wanted:
            raise errors.UnimplementedError(
                None, None,
                "EXPERIMENTAL_STABLEHLO_OPS is not there: models are said in builtin operators.",
            )  # fmt: skip
        if self.target_spec.experimental_supported_backends:
            raise errors.UnimplementedError(
                None, None, "There are no backends to convert for; the model runs on all of them."
            )

    def _lowered(self, report: Report) -> LiteProgram:
        spec = self.target_spec
        fallback = Fallback(
            OpsSet.SELECT_TF_OPS in set(spec.supported_ops),
            self.allow_custom_ops,
            spec.experimental_select_user_tf_ops,
        )
        program, report.obstacles = lower_sources(self.sources(), fallback)
        report.flex = fallback.used
        if not report.obstacles:
            run_rewrites(program, self.fuse_lstm)
        report.operators = dict(Counter(o.code for o in program.operators()))
        return program

    def _samples(self, program: LiteProgram) -> Samples | RandomSamples | None:
        given = self.representative_dataset
        if given is None:
            return RandomSamples(self.sources(), program) if is_trained(program) else None
        return Samples(getattr(given, "input_gen", given), self.sources())

    def _explain(self, report: Report) -> str:
        inputs = sum(each.is_input for each in report.obstacles)
        ops = len(report.obstacles) - inputs
        counts = [
            f"{count} {name}{'s' if count > 1 else ''}"
            for count, name in ((ops, "op"), (inputs, "input"))
            if count
        ]
        lines = [f"{' and '.join(counts)} of the model cannot be converted:"]
        lines += [f"  {o}" for o in report.obstacles]
        if ops:
            lines.append(
                "Rewrite them with other ops, add tf.lite.OpsSet.SELECT_TF_OPS to "
                "target_spec.supported_ops (the runtime then needs the Flex delegate), or set "
                "allow_custom_ops = True and register kernels of your own."
            )
        if inputs:
            lines.append(
                "Call the model in a tf.function whose input_signature has arrays with shapes, and "
                "convert that with from_concrete_functions."
            )
        bad = {each.signature for each in report.obstacles}
        good = [source.key for source in self.sources() if source.key not in bad]
        if good and "" not in bad:
            names = ", ".join(good)
            lines.append(
                f"These signatures can be converted, if signature_keys names them: {names}."
            )
        return "\n".join(lines)

    def _quantized(
        self,
        program: LiteProgram,
        mode: Mode,
        samples: Samples | RandomSamples | None,
        report: Report,
    ) -> LiteProgram:
        if self.accuracy is None or not isinstance(samples, Samples) or not mode.is_integer:
            return quantize(program, mode, samples, self, report)
        from tidefall.lite.quantize.accuracy import within_bound
        from tidefall.lite.quantize.weights import check_finite

        check_finite(program)
        return within_bound(program, mode, samples, self, report)

    def _write(self, program: LiteProgram, mode: Mode, report: Report) -> bytes:
        origin = -1 if self.exclude_conversion_metadata else self._origin
        model = assemble(program, mode.metadata, origin)
        content = write_model(model)
        report.operators = dict(Counter(o.code for o in program.operators()))
        report.size = len(content)
        needs_more = any(o.custom is not None for o in program.operators())
        if self.verify and not needs_more:
            report.differences = verify(content, self.sources(), not mode.quantizes)
        return content
