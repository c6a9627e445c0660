"""What goes wrong in converted code, in the words of the user's program."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterator
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.function.autograph.conversion import PREFIX
from tidefall.graph.user_code import user_frame

_FREE = re.compile(r"cannot access (?:free|local) variable '(\w+)'")


def placed(message: str) -> str:
    """The message with the user's line that runs now."""
    frame = user_frame()
    return f"{message}\n  at {frame[0]}:{frame[1]}, in {frame[2]}" if frame else message


def shown(name: str) -> str:
    """A variable as errors call it."""
    return "the return value" if name == f"{PREFIX}result" else f"'{name}'"


def condition_error(statement: str, value: Any) -> ValueError:
    """A tensor that is not one bool stands where Python asks for a truth value."""
    advice = "" if value.dtype == "bool" else "to use as boolean Tensor, use `tf.cast`; "
    return ValueError(
        placed(
            f"condition of {statement} expected to be `tf.bool` scalar, got {value}; {advice}"
            "to use a whole tensor, use `tf.reduce_all` or `tf.reduce_any`; to check for None, "
            "use `is not None`"
        )
    )


# ---- branches ----


def not_in_branch(name: str, branch: str) -> ValueError:
    """A variable is assigned in one branch only, and read afterwards."""
    return ValueError(
        placed(
            f"'{name}' must also be initialized in the {branch} branch: both branches of an `if` "
            f"over a tensor are built. Assign '{name}' before the `if`, or in both branches"
        )
    )


def no_return_in_branch(branch: str) -> ValueError:
    """A function returns in one branch, and falls through in the other."""
    return ValueError(
        placed(
            f"the {branch} branch must also have a return statement: a function that returns a "
            "value in one branch of an `if` over a tensor has to return one in both"
        )
    )


def none_in_branch(name: str, branch: str) -> ValueError:
    """A variable is None in one branch and not in the other."""
    return ValueError(
        placed(
            f"{shown(name)} is None at the end of the {branch} branch, but not at the end of the "
            "other: a value that depends on a tensor has to be a tensor in both branches"
        )
    )


def branch_dtypes(name: str, main: DType, other: DType) -> TypeError:
    """A variable has two dtypes."""
    return TypeError(
        placed(
            f"{shown(name)} has dtype {main.name} in the main branch, but dtype {other.name} in "
            "the else branch; use `tf.cast` in one of them"
        )
    )


def branch_structures(name: str, detail: object) -> TypeError:
    """A variable has two structures."""
    return TypeError(
        placed(
            f"{shown(name)} does not have the same nested structure in the main and else "
            f"branches.\n{detail}"
        )
    )


def branch_objects(name: str, main: Any, other: Any) -> TypeError:
    """A variable is an object that a graph cannot choose."""
    kinds = f"{type(main).__name__} and {type(other).__name__}"
    return TypeError(
        placed(
            f"{shown(name)} must be a tensor in both branches of an `if` over a tensor, or the "
            f"same object; found return value of type {kinds}, which is not a Tensor or "
            "ExtensionType"
        )
    )


# ---- loops ----


def undefined_before_loop(name: str, cause: object = None) -> ValueError:
    """A variable that a loop carries has no value before it."""
    note = f"\n  (finding out what it is by running the body once gave: {cause})" if cause else ""
    return ValueError(
        placed(
            f"'{name}' must be defined before the loop: a loop over tensors has to know what it is"
        )
        + note
    )


def undefined_after_iteration(name: str) -> ValueError:
    """A variable that a loop carries has no value after an iteration."""
    return ValueError(placed(f"'{name}' must be defined at the end of the iteration."))


def none_after_iteration(name: str) -> ValueError:
    """A tensor becomes None."""
    return ValueError(
        placed(
            f"{shown(name)} is None at the end of the iteration; in a loop over tensors it has to "
            "stay a tensor."
        )
    )


def loop_dtype(name: str, before: DType, after: DType) -> TypeError:
    """A variable changes its dtype."""
    return TypeError(
        placed(
            f"{shown(name)} has dtype {before.name} before the loop, but dtype {after.name} after "
            "one iteration; use `tf.cast`, or start with a value of the other dtype"
        )
    )


def loop_shape(name: str, before: Any, after: Any) -> ValueError:
    """A variable changes its shape."""
    return ValueError(
        placed(
            f"{shown(name)} has shape {before} before the loop, but shape {after} after one "
            "iteration. Use tf.autograph.experimental.set_loop_options to set shape invariants."
        )
    )


def loop_structure(name: str, detail: object) -> TypeError:
    """A variable changes its structure."""
    return TypeError(
        placed(
            f"{shown(name)} does not have the same nested structure before and after one "
            f"iteration.\n{detail}"
        )
    )


def loop_object(name: str, before: Any, after: Any) -> TypeError:
    """A variable is an object that a graph cannot carry."""
    kinds = f"{type(before).__name__} before the loop and {type(after).__name__}"
    return TypeError(
        placed(
            f"{shown(name)} must be a tensor to change in a loop over tensors: it is "
            f"{kinds} after one iteration"
        )
    )


def variable_in_loop() -> ValueError:
    """A loop creates a variable in each iteration."""
    return ValueError(
        placed(
            "tf.function only supports singleton tf.Variables created on the first call: a loop "
            "over tensors cannot create one in each iteration. Create it outside of the function"
        )
    )


def unbounded_python_loop() -> NotImplementedError:
    """A Python loop without a known end depends on a tensor."""
    return NotImplementedError(
        placed(
            "break and return statements which depend on a TF condition are not supported in "
            "Python for loops without a known length. Did you intend to make it a TF loop? "
            "Iterate over a tensor, `tf.range` or a dataset"
        )
    )


# ---- where an error comes from ----


@contextlib.contextmanager
def explained(name: str) -> Iterator[None]:
    """Say in errors of the block, while a function is traced, which line of it they come from."""
    try:
        yield
    except Exception as error:
        frames = _user_frames(error)
        if frames and not hasattr(error, "explained_by_autograph"):
            lines = "".join(
                f'    File "{f.filename}", line {f.lineno}, in {f.name}\n' for f in frames
            )
            error.add_note(f"in user code, while {name} was traced:\n{lines.rstrip()}")
            try:
                error.explained_by_autograph = True  # type: ignore[attr-defined]
            except AttributeError:
                pass
        missing = _FREE.match(str(error)) if type(error) is NameError else None
        if missing is None:
            raise
        raise unbound(missing[1], frames).with_traceback(error.__traceback__) from None


def unbound(name: str, frames: list[traceback.FrameSummary]) -> UnboundLocalError:
    """A variable is read before it is assigned, in a block that became a function."""
    where = f"\n  at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return UnboundLocalError(
        f"cannot access local variable '{name}' where it is not associated with a value{where}"
    )


def _user_frames(error: BaseException) -> list[traceback.FrameSummary]:
    from tidefall.graph.user_code import is_own_file

    frames = traceback.extract_tb(error.__traceback__)
    return [f for f in frames if not is_own_file(f.filename)]
