# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.flags`."""

from absl.flags._argument_parser import ArgumentParser as ArgumentParser
from absl.flags._argument_parser import ArgumentSerializer as ArgumentSerializer
from absl.flags._argument_parser import BaseListParser as BaseListParser
from absl.flags._argument_parser import BooleanParser as BooleanParser
from absl.flags._argument_parser import CsvListSerializer as CsvListSerializer
from absl.flags._argument_parser import EnumClassListSerializer as EnumClassListSerializer
from absl.flags._argument_parser import EnumClassParser as EnumClassParser
from absl.flags._argument_parser import EnumClassSerializer as EnumClassSerializer
from absl.flags._argument_parser import EnumParser as EnumParser
from absl.flags._argument_parser import FloatParser as FloatParser
from absl.flags._argument_parser import IntegerParser as IntegerParser
from absl.flags._argument_parser import ListParser as ListParser
from absl.flags._argument_parser import ListSerializer as ListSerializer
from absl.flags._argument_parser import WhitespaceSeparatedListParser as WhitespaceSeparatedListParser
from absl.flags._exceptions import CantOpenFlagFileError as CantOpenFlagFileError
from absl.flags._exceptions import DuplicateFlagError as DuplicateFlagError
from absl.flags._exceptions import Error as Error
from absl.flags._exceptions import FlagNameConflictsWithMethodError as FlagNameConflictsWithMethodError
from absl.flags._exceptions import IllegalFlagValueError as IllegalFlagValueError
from absl.flags._exceptions import UnparsedFlagAccessError as UnparsedFlagAccessError
from absl.flags._exceptions import UnrecognizedFlagError as UnrecognizedFlagError
from absl.flags._exceptions import ValidationError as ValidationError
from absl.flags._flag import BooleanFlag as BooleanFlag
from absl.flags._flag import EnumClassFlag as EnumClassFlag
from absl.flags._flag import EnumFlag as EnumFlag
from absl.flags._flag import Flag as Flag
from absl.flags._flag import MultiEnumClassFlag as MultiEnumClassFlag
from absl.flags._flag import MultiFlag as MultiFlag
from absl.flags._flagvalues import FlagHolder as FlagHolder
from absl.flags._flagvalues import FlagValues as FlagValues
from collections.abc import Iterable
from typing import Any

def DEFINE(parser: Any, name: str, default: Any, help: Any, flag_values: Any = ..., serializer: Any = None, module_name: Any = None, required: bool = False, **args: Any) -> Any:
    """Registers a generic Flag object."""
def DEFINE_alias(name: str, original_name: str, flag_values: Any = ..., module_name: str | None = None) -> Any[Any]:
    """Defines an alias flag for an existing one."""
def DEFINE_bool(name: str, default: Any, help: Any, flag_values: Any = ..., module_name: Any = None, required: Any = False, **args: Any) -> Any:
    """Registers a boolean flag."""
def DEFINE_boolean(name: str, default: Any, help: Any, flag_values: Any = ..., module_name: Any = None, required: Any = False, **args: Any) -> Any:
    """Registers a boolean flag."""
def DEFINE_enum(name: str, default: Any, enum_values: Any, help: Any, flag_values: Any = ..., module_name: Any = None, required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be any string from enum_values."""
def DEFINE_enum_class(name: str, default: Any, enum_class: Any, help: Any, flag_values: Any = ..., module_name: Any = None, case_sensitive: Any = False, required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be the name of enum members."""
def DEFINE_flag(flag: Any, flag_values: Any = ..., module_name: Any = None, required: Any = False) -> Any:
    """Registers a :class:`Flag` object with a :class:`FlagValues` object."""
def DEFINE_float(name: str, default: Any, help: Any, lower_bound: Any = None, upper_bound: Any = None, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value must be a float."""
def DEFINE_integer(name: str, default: Any, help: Any, lower_bound: Any = None, upper_bound: Any = None, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value must be an integer."""
def DEFINE_list(name: str, default: Any, help: Any, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value is a comma-separated list of strings."""
def DEFINE_multi(parser: Any, serializer: Any, name: str, default: Any, help: Any, flag_values: Any = ..., module_name: Any = None, required: Any = False, **args: Any) -> Any:
    """Registers a generic MultiFlag that parses its args with a given parser."""
def DEFINE_multi_enum(name: str, default: Any, enum_values: Any, help: Any, flag_values: Any = ..., case_sensitive: Any = True, required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be a list strings from enum_values."""
def DEFINE_multi_enum_class(name: str, default: Any, enum_class: Any, help: Any, flag_values: Any = ..., module_name: Any = None, case_sensitive: Any = False, required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be a list of enum members."""
def DEFINE_multi_float(name: str, default: Any, help: Any, lower_bound: Any = None, upper_bound: Any = None, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be a list of arbitrary floats."""
def DEFINE_multi_integer(name: str, default: Any, help: Any, lower_bound: Any = None, upper_bound: Any = None, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be a list of arbitrary integers."""
def DEFINE_multi_string(name: str, default: Any, help: Any, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be a list of any strings."""
def DEFINE_spaceseplist(name: str, default: Any, help: Any, comma_compat: Any = False, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value is a whitespace-separated list of strings."""
def DEFINE_string(name: str, default: Any, help: Any, flag_values: Any = ..., required: Any = False, **args: Any) -> Any:
    """Registers a flag whose value can be any string."""
FLAGS: Any
def adopt_module_key_flags(module: Any, flag_values: Any = ...) -> None:
    """Declares that all flags key to a module are key to the current module."""
def declare_key_flag(flag_name: Any, flag_values: Any = ...) -> None:
    """Declares one flag as key to the current module."""
def disclaim_key_flags() -> None:
    """Declares that the current module will not define any more key flags."""
def doc_to_help(doc: str) -> str:
    """Takes a __doc__ string and reformats it as help."""
def flag_dict_to_args(flag_map: dict[str, Any], multi_flags: set[str] | None = None) -> Iterable[str]:
    """Convert a dict of values into process call parameters."""
def get_help_width() -> int:
    """Returns the integer width of help lines that is used in TextWrap."""
def mark_bool_flags_as_mutual_exclusive(flag_names: Any, required: Any = False, flag_values: Any = ...) -> Any:
    """Ensures that only one flag among flag_names is True."""
def mark_flag_as_required(flag_name: Any, flag_values: Any = ...) -> Any:
    """Ensures that flag is not None during program execution."""
def mark_flags_as_mutual_exclusive(flag_names: Any, required: Any = False, flag_values: Any = ...) -> Any:
    """Ensures that only one flag among flag_names is not None."""
def mark_flags_as_required(flag_names: Any, flag_values: Any = ...) -> Any:
    """Ensures that flags are not None during program execution."""
def multi_flags_validator(flag_names: Any, message: str = 'Flag validation failed', flag_values: Any = ...) -> Any:
    """A function decorator for defining a multi-flag validator."""
def override_value(flag_holder: Any[Any], value: Any) -> None:
    """Overrides the value of the provided flag."""
def register_multi_flags_validator(flag_names: Any, multi_flags_checker: Any, message: str = 'Flags validation failed', flag_values: Any = ...) -> Any:
    """Adds a constraint to multiple flags."""
def register_validator(flag_name: Any, checker: Any, message: str = 'Flag validation failed', flag_values: Any = ...) -> Any:
    """Adds a constraint, which will be enforced during program execution."""
def set_default(flag_holder: Any[Any], value: Any) -> None:
    """Changes the default value of the provided flag object."""
def text_wrap(text: str, length: int | None = None, indent: str = '', firstline_indent: str | None = None) -> str:
    """Wraps a given text to a maximum line length and returns it."""
def validator(flag_name: Any, message: str = 'Flag validation failed', flag_values: Any = ...) -> Any:
    """A function decorator for defining a flag validator."""
