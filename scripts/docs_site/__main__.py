"""`python -m scripts.docs_site`: writes the pages of the site, and builds it.

With `--pages` the pages are written and nothing is built.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.docs_site.architecture import MARK, layers, observed_calls, picture
from scripts.docs_site.pages import DOCS, REPO, assets, written_pages
from scripts.docs_site.reference import reference_pages

OUTPUT = REPO / "build" / "docs"
_API = '"reference/*",'


def write_site(output: Path) -> None:
    """Write all pages and the settings; what the site consists of before it is built."""
    pages = written_pages()
    drawing = f'<div class="architecture">\n{picture(layers(), observed_calls())}\n</div>'
    pages["architecture.md"] = pages["architecture.md"].replace(MARK, drawing)
    api = reference_pages()
    pages |= {f"reference/{name}": text for name, text in api.items()}
    shutil.rmtree(output / "pages", ignore_errors=True)
    for name, text in pages.items():
        _write(output / "pages" / name, text)
    for name, source in assets().items():
        (output / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, output / "pages" / name)
    _write(output / "zensical.toml", settings(sorted(api)))


def settings(api: list[str]) -> str:
    """The settings of the site, with the pages of the API in the navigation."""
    listed = ", ".join(json.dumps(f"reference/{name}") for name in api if name != "index.md")
    text = (DOCS / "zensical.toml").read_text()
    assert _API in text
    return text.replace(_API, f'{{ "API" = [{listed}] }},')


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write and build; returns the exit status. A broken link or anchor is an error."""
    write_site(OUTPUT)
    if "--pages" in arguments:
        return 0
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    status = subprocess.run([*command, "-f", str(OUTPUT / "zensical.toml")]).returncode
    if status == 0:
        print(f"open {OUTPUT / 'site' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
