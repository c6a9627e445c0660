"""The operators of converted code: the module that is called `ag__` there."""

from tidefall.function.autograph.branches import if_, if_exp
from tidefall.function.autograph.calls import call
from tidefall.function.autograph.items import append, set_item, update_item
from tidefall.function.autograph.iteration import for_
from tidefall.function.autograph.logic import and_, assert_, compare, not_, or_
from tidefall.function.autograph.repetition import loop_options, while_
from tidefall.function.autograph.state import NO_RETURN, returned
from tidefall.function.autograph.state import Attribute as attribute

slice_of = slice

__all__ = [
    "NO_RETURN",
    "and_",
    "append",
    "assert_",
    "attribute",
    "call",
    "compare",
    "for_",
    "if_",
    "if_exp",
    "loop_options",
    "not_",
    "or_",
    "returned",
    "set_item",
    "slice_of",
    "update_item",
    "while_",
]
