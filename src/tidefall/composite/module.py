"""`tf.Module`: a named object that finds the variables and modules in its attributes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tidefall.base import nest_paths
from tidefall.base.composite import CompositeTensor
from tidefall.base.state import name_scope
from tidefall.composite.trackable.auto_trackable import AutoTrackable

Method = TypeVar("Method", bound=Callable[..., Any])
Predicate = Callable[[Any], bool]
Path = tuple[Any, ...]

_WORD = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
_NAME = re.compile(r"[a-zA-Z_]\w*")


def camel_to_snake(value: str) -> str:
    """`MyModule` as `my_module`, the default name of a module of that class."""
    return _WORD.sub(r"_\1", value).lower()


def valid_identifier(name: str) -> bool:
    """Whether a name may be that of a module: letters, digits and underscores."""
    return _NAME.fullmatch(name) is not None


def _is_variable(value: Any) -> bool:
    return getattr(type(value), "_is_variable", False)


def _is_trainable(value: Any) -> bool:
    return _is_variable(value) and bool(getattr(value, "trainable", False))


def _is_other(value: Any) -> bool:
    return _is_variable(value) and not getattr(value, "trainable", False)


def _is_module(value: Any) -> bool:
    return isinstance(value, Module)


class Module(AutoTrackable):
    """A container of variables, other modules, and functions that use them.

    Assign variables and modules to attributes, directly or in lists, tuples and dicts; the module
    finds them there. Modules can be saved by `tf.train.Checkpoint` and `tf.saved_model.save`.

    Args:
        name: a valid Python identifier; by default the class name in snake case.

    Raises:
        ValueError: if the name is not an identifier.

    >>> import tidefall as tf
    >>> class Dense(tf.Module):
    ...     def __init__(self, inputs, outputs, name=None):
    ...         super().__init__(name=name)
    ...         self.w = tf.Variable(tf.zeros([inputs, outputs]), name="w")
    ...     def __call__(self, x):
    ...         return x @ self.w
    >>> layer = Dense(2, 3)
    >>> layer.name, len(layer.variables), layer(tf.ones([4, 2])).shape
    ('dense', 1, TensorShape([4, 3]))
    """

    # Attributes that are not searched for variables and modules.
    _TF_MODULE_IGNORED_PROPERTIES = frozenset(
        (
            "_self_unconditional_checkpoint_dependencies",
            "_self_unconditional_dependency_names",
            "_self_unconditional_deferred_dependencies",
        )
    )

    def __init__(self, name: str | None = None):
        if name is None:
            name = camel_to_snake(type(self).__name__)
        elif not valid_identifier(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python "
                "identifiers (e.g. a valid class name)."
            )
        self._name = name
        with name_scope(name) as full_name:
            self._name_scope = name_scope(full_name)

    @property
    def name(self) -> str:
        """The name given to the module, or its class name in snake case."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A `tf.name_scope` for the ops and variables of this module."""
        return self._name_scope

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables of this module and its submodules, ordered by attribute name.

        Returns:
            A tuple of `tf.Variable`, those of the module itself before those of submodules.
        """
        return tuple(self._flatten(predicate=_is_variable, expand_composites=True))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable ones among `variables`."""
        return tuple(self._flatten(predicate=_is_trainable, expand_composites=True))

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """The ones among `variables` that are not trainable."""
        return tuple(self._flatten(predicate=_is_other, expand_composites=True))

    @property
    def submodules(self) -> tuple[Module, ...]:
        """All modules in attributes of this one, and in theirs, and so on."""
        return tuple(self._flatten(predicate=_is_module))

    def _flatten(
        self,
        recursive: bool = True,
        predicate: Predicate | None = None,
        attribute_traversal_key: Callable[[Any], Any] | None = None,
        with_path: bool = False,
        expand_composites: bool = False,
    ) -> Iterator[Any]:
        """The leaves of all attributes, each object once.

        Args:
            recursive: go into submodules as well.
            predicate: yield only leaves for which it is true; by default all.
            attribute_traversal_key: sort key for the names of attributes; by default the name.
            with_path: yield pairs of path (a tuple of names, keys and positions) and leaf; an
                object is then yielded once for each path to it.
            expand_composites: open composite tensors.

        Yields:
            Leaves of this module, ordered by attribute name, then those of its submodules.
        """
        walk = _Walk(recursive, predicate, attribute_traversal_key, with_path, expand_composites)
        return walk.leaves(self)

    @classmethod
    def with_name_scope(cls, method: Method) -> Method:
        """Decorate a method so that it runs in the module's name scope.

        >>> import tidefall as tf
        >>> class Scale(tf.Module):
        ...     @tf.Module.with_name_scope
        ...     def __call__(self, x):
        ...         self.s = tf.Variable(2.0, name="s")
        ...         return x * self.s
        >>> scale = Scale()
        >>> _ = scale(1.0)
        >>> scale.s.name
        'scale/s:0'
        """

        @functools.wraps(method)
        def in_scope(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return in_scope  # type: ignore[return-value]


def _opened(path: Path, leaf: Any) -> list[tuple[Path, Any]]:
    """The tensors of a composite one; one that is a module has its own attributes walked."""
    if isinstance(leaf, Module) or not isinstance(leaf, CompositeTensor):
        return [(path, leaf)]
    opened = nest_paths.flatten_with_tuple_paths(leaf, expand_composites=True)
    return [((*path, *steps), part) for steps, part in opened]


class _Walk:
    """One walk over a module's attributes."""

    def __init__(
        self,
        recursive: bool,
        predicate: Predicate | None,
        key: Callable[[Any], Any] | None,
        with_path: bool,
        expand_composites: bool,
    ):
        self._recursive = recursive
        self._predicate = predicate
        self._key = key
        self._with_path = with_path
        self._expand_composites = expand_composites

    def leaves(self, module: Module) -> Iterator[Any]:
        if self._with_path:
            return self._with_paths(module, (), frozenset())
        return self._once(module, {id(module)})

    def _once(self, module: Module, seen: set[int]) -> Iterator[Any]:
        submodules = []
        for _, leaf in self._attribute_leaves(module):
            if id(leaf) in seen:
                continue
            seen.add(id(leaf))
            if self._predicate is None or self._predicate(leaf):
                yield leaf
            if self._recursive and isinstance(leaf, Module):
                submodules.append(leaf)
        for submodule in submodules:
            yield from self._once(submodule, seen)

    def _with_paths(self, module: Module, path: Path, above: frozenset[int]) -> Iterator[Any]:
        submodules = []
        for steps, leaf in self._attribute_leaves(module):
            if self._predicate is None or self._predicate(leaf):
                yield (*path, *steps), leaf
            if self._recursive and isinstance(leaf, Module):
                submodules.append(((*path, *steps), leaf))
        # A module that contains itself would be walked for ever.
        if id(module) not in above:
            for steps, submodule in submodules:
                yield from self._with_paths(submodule, steps, above | {id(module)})

    def _attribute_leaves(self, module: Module) -> Iterator[tuple[Path, Any]]:
        attributes = vars(module)
        names = attributes.keys() - module._TF_MODULE_IGNORED_PROPERTIES
        for name in sorted(names, key=self._key):
            value = attributes[name]
            try:
                pairs = nest_paths.flatten_with_tuple_paths(value)
                if self._expand_composites:
                    pairs = [pair for path, leaf in pairs for pair in _opened(path, leaf)]
            except Exception as error:
                raise ValueError(f"Error processing property {name!r} of {value!r}") from error
            for path, leaf in pairs:
                if self._expand_composites and getattr(leaf, "is_sharded_variable", False):
                    yield from (((name, *path, i), v) for i, v in enumerate(leaf.variables))
                else:
                    yield (name, *path), leaf
