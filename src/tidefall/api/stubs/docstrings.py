"""What docstrings tell: a summary, and types: "A tensor of the broadcast shape"."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Attributes|Note|Notes|Example|Examples):$")
_ARGUMENT = re.compile(r"^ {4}(\*{0,2}\w+(?:, \*{0,2}\w+)*): (.*)$")
_DTYPE = (
    r"(?:bool|string|complex|complex64|complex128|bfloat16|u?int(?:\d+)?|float(?:\d+)?|integer)"
)
_WORDS = rf"(?:(?:A|An|The|a|an|the) )?(?:(?:{_DTYPE}|or|and|real|eager|dense|scalar|one-hot) )*"

_RESULTS: tuple[tuple[str, str], ...] = (
    (r"(A|The) ragged tensor", "RaggedTensor"),
    (r"(A|The) sparse tensor", "SparseTensor"),
    (
        r"(A list of|Lists? of|The list of) ((int\d+|float\d+|string|bool) )?tensors\b",
        "list[Tensor]",
    ),
    (r"Tensors\b", "list[Tensor]"),
    (rf"{_WORDS}tensors?\b", "Tensor"),
    (r".*\bas an? (\w+ )?tensor\b", "Tensor"),
    (rf"{_WORDS}(matrix|vector|scalar|image|images|kernel|mask)\b", "Tensor"),
    (r"(Matrices|Vectors|Losses|Images|Values) `\[", "Tensor"),
    (rf"{_DTYPE} `\[", "Tensor"),
)
_NOT_PLAIN = (
    r"(?:lists?|sequence|ragged|sparse|dict\w*|of|that|which|how|whose|function|name|for|from|in"
    r"|by|with|takes|returns|called|given)\b"
)
_TENSORS = "tensors?|matrix|matrices|vectors?"
_SUMMARIES: tuple[tuple[str, str], ...] = ((r"(A|The) .* as an? (\w+ )?tensor\b", "Tensor"),)
_ARGUMENTS: tuple[tuple[str, str], ...] = (
    (r"(a |the )?ragged tensor\b(?! of|,? or)", "RaggedTensor"),
    (r"(a |the )?sparse tensor\b(?! of|,? or)", "SparseTensor"),
    (r"(a |the )?(list|lists|tensors|sequence) (of|with|to) .*tensors?\b", "Sequence[TensorLike]"),
    (
        rf"(?:(?!{_NOT_PLAIN})[\w`-]+,? ){{0,5}}(tensors?|matrix|matrices|vectors?)\b(?! by)",
        "TensorLike",
    ),
    (rf"{_WORDS}(?:positive )?(images?|numbers?|scalar|arrays?|scores|logits)\b", "TensorLike"),
    (rf"(?:the rows to take: )?{_DTYPE}(?: or {_DTYPE})?,? ?(?:of )?(shape )?`\[", "TensorLike"),
    (r"`\[", "TensorLike"),
)
_OPEN = re.compile(r"\b(or (a|an|the)|nests?|nested|structure|function|variant|unless|dict\w*)\b")
"""Words after which more may come than the first ones told."""

_BY_NAME = {
    name: told
    for told, names in {
        "bool": "keepdims keep_dims",
        "int": "summarize",
        "str": "data_format message",
        "TensorLike": """
            seed batch_dims buffer_size batch_size count dilations drop_remainder filename
            ksize lengths maximum_iterations num_parallel_calls num_segments paddings perm
            segment_ids strides
        """,
        "TensorLike | None": "axis",
        "DTypeLike": "dtype out_idx out_type output_type",
        "ShapeLike": "shape",
    }.items()
    for name in names.split()
}
"""Parameters that are of one type wherever the source does not say it."""
_UNDOCUMENTED = frozenset({
    "a", "arr", "ary", "b", "fft_length", "images", "labels", "logits", "m", "predictions",
    "updates", "weights", "x", "x1", "x2", "y",
})  # fmt: skip
"""Parameters that are tensors where nothing is said of them."""


class Docstring:
    """A docstring, taken apart.

    Attributes:
        summary: its first paragraph, in one line.
        arguments: text of each argument.
        returns: text of the result.
    """

    def __init__(self, target: Any):
        text = inspect.cleandoc(getattr(target, "__doc__", None) or "")
        self.summary = " ".join(text.split("\n\n")[0].split())
        self.arguments: dict[str, str] = {}
        self.returns = ""
        self._read(text.splitlines())

    def takes_composites(self, argument: str) -> bool:
        """Whether an argument may be a ragged or sparse tensor as well."""
        return re.search(r"\b(ragged|sparse)\b", self.arguments.get(argument, "")) is not None

    def _read(self, lines: list[str]) -> None:
        section, names = "", []
        for line in lines:
            if found := _SECTION.match(line):
                section, names = found[1], []
            elif line and not line.startswith(" "):
                section = ""
            elif section == "Returns":
                self.returns = f"{self.returns} {line.strip()}".strip()
            elif section == "Args" and (found := _ARGUMENT.match(line)):
                names = [name.strip().lstrip("*") for name in found[1].split(",")]
                self.arguments.update(dict.fromkeys(names, found[2]))
            elif section == "Args":
                for name in names:
                    self.arguments[name] += f" {line.strip()}"


def result_type(doc: Docstring) -> str | None:
    """The type of the result that a docstring tells, if it does."""
    first = re.split(r"(?<=[^.])[.;:](?: |$)", doc.returns or doc.summary, maxsplit=1)[0]
    if not first or re.search(r"\b(or (a|an|the|its|None|whatever)|structure|None)\b", first):
        return None
    return _match(_RESULTS if doc.returns else _SUMMARIES, first)


def argument_type(doc: Docstring, name: str) -> str | None:
    """The type of a parameter that its name or the docstring tells, if they do."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.endswith(("_dtype", "_shape")):
        return "DTypeLike" if name.endswith("_dtype") else "ShapeLike"
    text = doc.arguments.get(name)
    if text is None:
        return "TensorLike" if name in _UNDOCUMENTED and not doc.arguments else None
    first = re.split(r"[.;:](?: |$)", text.removeprefix("None, "), maxsplit=1)[0]
    told = _match(_ARGUMENTS, first)
    if told is None or _OPEN.search(first):
        return None
    return f"{told} | None" if re.search(r"\bNone\b", text) else told


def meant_name(doc: Docstring) -> str | None:
    """The public name that a docstring refers to: "`tf.cast` to float32."."""
    found = re.match(r"`tf\.([\w.]+)`", doc.summary)
    return found[1] if found else None


def with_docstring(head: str, doc: Docstring, indent: str) -> list[str]:
    """The head of a function with a docstring of one line, or `...`."""
    if not doc.summary:
        return [f"{head}: ..."]
    return [f"{head}:", f"{indent}    {docstring_text(doc.summary)}"]


def docstring_text(summary: str) -> str:
    """A docstring of one line."""
    text = summary.replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}{" " if text.endswith(chr(34)) else ""}"""'


def _match(patterns: tuple[tuple[str, str], ...], text: str) -> str | None:
    found: Callable[[str], Any] = lambda pattern: re.match(pattern, text)  # noqa: E731
    return next((told for pattern, told in patterns if found(pattern)), None)
