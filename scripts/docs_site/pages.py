"""The pages that people wrote, and where links between the files of the repository lead there."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

REPO = Path(__file__).parents[2]
DOCS = REPO / "docs"
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)]*)?(\))")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)

# Pages by file of the repository, beside docs/, whose files keep their paths.
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/results.md": "benchmarks.md",
    "examples": "examples.md",
    "LICENSE": "license.md",
    **{
        f"benchmarks/results/{path.parent.name}/{path.name}": (
            f"benchmarks/{path.parent.name}-{path.name}"
        )
        for path in sorted((REPO / "benchmarks" / "results").glob("*/*.md"))
    },
}


def written_pages() -> dict[str, str]:
    """The text of each page, by its path on the site, with links that hold there.

    Raises:
        ValueError: if a page links to a file of the repository that is no page.
    """
    sources = {DOCS / path: path for path in _below_docs("*.md")}
    sources |= {
        REPO / source: page for source, page in ELSEWHERE.items() if (REPO / source).is_file()
    }
    pages = {page: _linked(source, page) for source, page in sources.items()}
    pages["license.md"] = f"# License\n\n```text\n{(REPO / 'LICENSE').read_text()}```\n"
    pages["examples.md"] = _examples()
    return pages


def assets() -> dict[str, Path]:
    """Other files of docs/: pictures, styles, scripts."""
    return {path: DOCS / path for kind in ("*.svg", "*.css", "*.js") for path in _below_docs(kind)}


def _below_docs(pattern: str) -> list[str]:
    return sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob(pattern))


def _linked(source: Path, page: str) -> str:
    def target(match: re.Match[str]) -> str:
        before, link, anchor, after = match.groups()
        if "://" in link:
            return match[0]
        return f"{before}{_on_site(source, page, link)}{anchor or ''}{after}"

    pieces = _FENCE.split(source.read_text(encoding="utf-8"))
    return "".join(piece if n % 2 else _LINK.sub(target, piece) for n, piece in enumerate(pieces))


def _on_site(source: Path, page: str, link: str) -> str:
    found = (source.parent / link).resolve()
    name = found.relative_to(REPO).as_posix()
    if not found.exists():
        raise ValueError(f"{source.relative_to(REPO)} links to {link}, which does not exist.")
    if name in ELSEWHERE:
        there = ELSEWHERE[name]
    elif found.is_relative_to(DOCS) and found.is_file():
        there = found.relative_to(DOCS).as_posix()
    else:
        raise ValueError(
            f"{source.relative_to(REPO)} links to {link}, which is no page of the site."
        )
    return os.path.relpath(there, Path(page).parent)


def _examples() -> str:
    """The programs of examples/: what each says of itself, and its text."""
    lines = [
        "# Examples",
        "",
        (
            "Programs to start from, each whole in one file of `examples/`. Every one "
            "takes minutes on two cores, and seconds with `--short`."
        ),
        "",
    ]
    for file in sorted((REPO / "examples").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        said = ast.get_docstring(ast.parse(text)) or ""
        what, _, rest = said.partition("\n\n")
        lines += [f"## {file.stem.replace('_', ' ').capitalize()}", "", what, "", rest, ""]
        lines += [f'```python title="examples/{file.name}"', text.rstrip(), "```", ""]
    return "\n".join(lines)
