# pyright: strict
"""`config`: the switches of the process, one field each, with scoped overrides.

`config.tier = "host"` sets one; `with config.override(tier="host", native=False):` sets some for a
block and puts them back. A field is read from its environment variable when it is first asked for,
and is a plain attribute from then on. What has to happen when a switch changes is registered with
`config.observe`. TensorFlow's functions (`tf.config`, `tf.debugging`, ...) set these fields.

What a thread does right now is in `state.py`; devices and threads, which are fixed once something
was computed, are in `tensor/context.py`.
"""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class Switch:
    """What is known of a field of `config`.

    Attributes:
        name: the field.
        kind: its type, as annotated.
        default: its value until it is set.
        text: what it does.
        variable: the environment variable that sets it, or an empty string.
    """

    name: str
    kind: Any

    def __init__(self, default: Any, text: str, variable: str):
        self.default = default
        self.text = text
        self.variable = variable

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.kind = owner.__annotations__[name]

    def __get__(self, instance: object, owner: type) -> Any:
        """Read a field for the first time; from then on the instance's own value is found first."""
        if instance is None:
            return self
        value = vars(instance)[self.name] = self.read()
        return value

    @property
    def allowed(self) -> str:
        """The values it takes, in words."""
        return _described(self.kind)

    def accepts(self, value: object) -> bool:
        """Whether a value is of its type."""
        return _fits(value, self.kind)

    def read(self) -> Any:
        """What the environment says, or the default.

        Raises:
            ValueError: the variable is set to something else than the field takes.
        """
        text = os.environ.get(self.variable) if self.variable else None
        if text is None:
            return self.default
        if self.accepts(text):
            return text
        if not text:
            return self.default
        if self.kind is bool and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if self.kind is int:
            try:
                return int(text)
            except ValueError:
                pass
        allowed = "0 or 1" if self.kind is bool else self.allowed
        raise ValueError(
            f"The environment variable {self.variable} must be {allowed}. Received: {text!r}"
        )


def _fits(value: object, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if isinstance(kind, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if get_origin(kind) is Mapping:
        return isinstance(value, Mapping)
    return type(value) is kind  # True is no number here


def _described(kind: Any) -> str:
    if get_origin(kind) is Literal:
        *names, last = [repr(name) for name in get_args(kind)]
        return f"{', '.join(names)} or {last}"
    if isinstance(kind, UnionType):
        return " or ".join(_described(one) for one in get_args(kind))
    if get_origin(kind) is Mapping:
        return "a mapping"
    return {bool: "True or False", int: "an int", str: "a str", NoneType: "None"}[kind]


def _switch(default: Any, text: str, variable: str = "") -> Any:
    """A field. The annotation says what reading it gives, so this is Any to a type checker."""
    return Switch(default, text, variable)


class Config:
    """The one `config` of a process, which all its threads share."""

    # ---- where and how programs run ----

    tier: Literal["auto", "host", "xla"] = _switch(
        "auto", "Where functions without `jit_compile` run.", "TIDEFALL_TIER"
    )
    native: bool = _switch(
        True, "The native kernels are used, by what is compiled from now on.", "TIDEFALL_NATIVE"
    )
    tune: bool = _switch(
        True,
        "Kernels are measured beside XLA's own code, in the background of training.",
        "TIDEFALL_TUNE",
    )
    max_isa: Literal["all", "sse4", "avx2", "avx512", "avx512_vnni", "avx512_bf16"] = _switch(
        "all",
        "Instructions that kernels and XLA may use on x86; from the first use of either on.",
        "TIDEFALL_MAX_ISA",
    )
    cache: str | None = _switch(
        None, "The folder of compiled programs; `0` or empty keeps none.", "TIDEFALL_CACHE"
    )
    keep_memory: bool = _switch(
        True, "Freed memory stays with the process for the next call.", "TIDEFALL_KEEP_MEMORY"
    )
    dump: str = _switch(
        "", "The folder that graphs are written to after each pass.", "TIDEFALL_DUMP"
    )
    trust_aot: str = _switch(
        "",
        "`1` for all, or the directories whose SavedModels may bring machine code.",
        "TIDEFALL_TRUST_AOT",
    )
    autoclustering: bool = _switch(False, "Functions are compiled at their first call.")
    optimizer_options: Mapping[str, bool | int] = _switch(
        MappingProxyType({}), "Passes of the graph optimizer, by name: on or off."
    )
    tensor_float_32: bool = _switch(True, "GPUs may round products to TensorFloat-32.")
    mlir_bridge: bool = _switch(False, "Noted only: every program goes through MLIR.")
    op_determinism: bool = _switch(False, "Random ops without a seed raise.")

    # ---- devices ----

    soft_placement: bool = _switch(True, "Ops for a device that is not there run elsewhere.")
    device_policy: Literal["silent", "silent_for_int32", "warn", "explicit"] = _switch(
        "silent", "What an op does about inputs on another device."
    )
    synchronous_execution: bool = _switch(True, "Noted only: eager ops are done on return.")

    # ---- processes that train together ----

    heartbeat_ms: int = _switch(
        500, "Milliseconds between the signs of life of a process group.", "TIDEFALL_HEARTBEAT_MS"
    )
    silence_ms: int = _switch(
        3000, "Milliseconds without one after which a member is lost.", "TIDEFALL_SILENCE_MS"
    )

    # ---- debugging ----

    functions_run_eagerly: bool = _switch(False, "Every `tf.function` runs as plain Python.")
    dataset_debug_mode: bool = _switch(False, "Functions of datasets run as plain Python.")
    log_device_placement: bool = _switch(False, "Each op's device is written to stderr.")
    check_numerics: bool = _switch(False, "The op that makes a NaN or an infinity raises.")
    strict_broadcasting: bool = _switch(False, "Operands of different shapes raise.")
    traceback_filtering: bool = _switch(True, "Noted only: tracebacks are always whole.")
    autograph_verbosity: int = _switch(
        0, "How much AutoGraph tells about its work.", "AUTOGRAPH_VERBOSITY"
    )
    autograph_to_stdout: bool = _switch(False, "AutoGraph also prints what it tells.")

    # ---- `tf.experimental.numpy` ----

    numpy_behavior: bool = _switch(False, "Tensors behave like NumPy's arrays.")
    numpy_dtype_mode: Literal["off", "legacy", "all", "safe"] = _switch(
        "off", "How operands of different dtypes are promoted."
    )
    numpy_prefer_float32: bool = _switch(False, "Python floats are float32, not float64.")

    # ---- TensorFlow 1 ----

    eager_execution: bool = _switch(True, "Ops outside of functions run at once.")
    resource_variables: bool = _switch(True, "Variables live behind handles.")
    v2_tensorshape: bool = _switch(True, "The elements of a TensorShape are integers.")
    control_flow_v2: bool = _switch(True, "Noted only: control flow is always functional.")
    tensor_equality: bool = _switch(True, "Noted only: eager tensors compare by element.")

    def __init__(self) -> None:
        self.__dict__["_observers"] = {}
        self.__dict__.update(_PLAIN)

    if not TYPE_CHECKING:  # a type checker knows the fields, and refuses others

        def __setattr__(self, name: str, value: object) -> None:
            _check(name, value)
            self.__dict__[name] = value
            for callback in self.__dict__["_observers"].get(name, ()):
                callback(value)

    @contextmanager
    def override(self, **values: object) -> Generator[None, None, None]:
        """Set fields for a block, in all threads, and put them back at its end.

        Args:
            **values: the values by name.

        Raises:
            AttributeError: there is no such field.
            TypeError, ValueError: it does not take this value.

        >>> with config.override(tier="host", dump="graphs"):
        ...     config.tier
        'host'
        """
        for name, value in values.items():
            _check(name, value)
        before = {name: getattr(self, name) for name in values}
        try:
            for name, value in values.items():
                setattr(self, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(self, name, value)

    def observe(self, name: str, callback: Callable[[Any], object]) -> None:
        """Have something done whenever a field is set, and at once if it is not at its default.

        Args:
            name: the field.
            callback: called with the value; what it returns is ignored.
        """
        default = SWITCHES[name].default
        self.__dict__["_observers"].setdefault(name, []).append(callback)
        value = self.__dict__.get(name, default)
        if value != default:
            callback(value)

    def changed(self) -> dict[str, Any]:
        """The fields that are not at their defaults.

        Raises:
            ValueError: an environment variable is set to what its field does not take.
        """
        values = {name: getattr(self, name) for name in SWITCHES}
        return {name: value for name, value in values.items() if value != SWITCHES[name].default}


def _check(name: str, value: object) -> None:
    """Refuse what a field does not take."""
    switch = SWITCHES.get(name)
    if switch is None:
        raise AttributeError(f"config has no field {name!r}. It has {', '.join(SWITCHES)}.")
    if not switch.accepts(value):
        kind = ValueError if get_origin(switch.kind) is Literal else TypeError
        raise kind(f"config.{name} must be {switch.allowed}. Received: {value!r}")


SWITCHES = {name: made for name, made in vars(Config).items() if isinstance(made, Switch)}
"""What is known of each field, by name."""

# Fields without a variable have a value from the start. They leave the class, as an attribute of
# an instance is read faster where its class has none of that name.
_PLAIN = {name: switch.default for name, switch in SWITCHES.items() if not switch.variable}
for _name in _PLAIN:
    delattr(Config, _name)

config = Config()


def cache_folder() -> str:
    """The folder: $TIDEFALL_CACHE, by default `~/.cache/tidefall/xla`; empty if nothing is kept."""
    path = config.cache
    if path is None:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        path = str(Path(base) / "tidefall" / "xla")
    return "" if path == "0" else path
