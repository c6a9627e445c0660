"""`tf.compat.v1.make_template`: functions whose calls share their variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.v1.variables.scope_stack import VariableScope, variable_scope

_calling: list[Template] = []


class Template(Trackable):
    """A function whose calls share their variables; its variables and templates are its children.

    Args:
        name: name of the variable scope.
        function: the function.
        unique_name: the scope's exact name.
        custom_getter: steps in when a variable is asked for.
        kwargs: arguments that are always passed to `function`.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        unique_name: str | None,
        custom_getter: Any,
        kwargs: dict[str, Any],
    ):
        self.__name__ = name
        self._function = function
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._kwargs = kwargs
        self._scope: VariableScope | None = None
        self._called = False
        self._found: dict[str, Any] = {}
        if _calling:
            _calling[-1]._track_trackable(self, name, overwrite=True)

    @property
    def variable_scope(self) -> VariableScope:
        """The scope, which is opened when it is first asked for."""
        if self._scope is None:
            with variable_scope(
                self._unique_name, default_name=self.__name__, custom_getter=self._custom_getter
            ) as opened:
                self._scope = opened
        return self._scope

    @property
    def name(self) -> str:
        """Name of the scope."""
        return self.variable_scope.name

    @property
    def variables(self) -> list[Any]:
        """The variables that calls made."""
        return list(self._found.values())

    global_variables = variables

    @property
    def trainable_variables(self) -> list[Any]:
        """Those of them that are trained."""
        return [variable for variable in self._found.values() if variable.trainable]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        scope = self.variable_scope
        with variable_scope(
            scope, reuse=self._called or None, custom_getter=self._getter_of(scope)
        ):
            _calling.append(self)
            try:
                result = self._function(*args, **{**self._kwargs, **kwargs})
            finally:
                _calling.pop()
        self._called = True
        return result

    def _getter_of(self, scope: VariableScope) -> Callable[..., Any]:
        def get(getter: Callable[..., Any], name: str, *args: Any, **options: Any) -> Any:
            if state.graph is None and self._called and name in self._found:
                return self._found[name]  # eagerly, no store keeps the variables of a scope
            variable = getter(name, *args, **options)
            self._found[name] = variable
            if _calling and _calling[-1] is self and isinstance(variable, Trackable):
                short = name.removeprefix(f"{scope.name}/")
                self._track_trackable(variable, short, overwrite=True)
            return variable

        return get


@export("compat.v1.make_template")
def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Template:
    """A function whose calls share the variables that the first one makes.

    Args:
        name_: name of the variable scope.
        func_: the function; it makes variables with `tf.compat.v1.get_variable`.
        create_scope_now_: open the scope now, not at the first call.
        unique_name_: the scope's exact name.
        custom_getter_: steps in when a variable is asked for.
        **kwargs: arguments that are always passed to `func_`.

    Returns:
        A callable, which `tf.train.Checkpoint` takes; it has `variables` and
        `trainable_variables`.
    """
    template = Template(name_, func_, unique_name_, custom_getter_, kwargs)
    if create_scope_now_:
        assert template.variable_scope is not None
    return template
