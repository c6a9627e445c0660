"""The documentation site: what is on its pages, and that every link leads somewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.docs_site import architecture, docstrings, pages, reference
from scripts.docs_site.calls import folders_entered

REPO = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.process
DOCSTRING = """Sum of `x_1`, as *written*.

Args:
    x: tensor of shape `[batch]`,
        or a number.
    **kwargs: ignored.

Returns:
    A tensor.

>>> 1 + 1
2
"""


@pytest.fixture(scope="module")
def api():
    return reference.reference_pages()


def test_the_site_builds_and_every_link_holds(tmp_path):
    from scripts.docs_site.__main__ import write_site

    write_site(tmp_path)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", "zensical.toml"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    home = (tmp_path / "site" / "index.html").read_text()
    fetched = [part for part in home.split('src="')[1:] if part.startswith("http")]
    assert not fetched, "the site must work where there is no network"
    assert "<svg viewBox" in (tmp_path / "site" / "architecture.html").read_text()


def test_every_public_name_is_on_a_page(api):
    for name in reference.public_names():
        assert f"`{name.last}`" in api[reference.page_of(name.namespace)]
    assert "## cumsum" in api["math.md"] and "Also known as `tf.cumsum`" in api["math.md"]


def test_a_docstring_becomes_markdown():
    text = docstrings.markdown(DOCSTRING)
    assert text.startswith("Sum of `x_1`, as \\*written\\*.")
    assert "- `x`: tensor of shape `[batch]`,\n    or a number." in text
    assert "- `**kwargs`: ignored." in text
    assert "```pycon\n>>> 1 + 1\n2\n```" in text


def test_signatures():
    def call(a, b: int = 1, *, c=None):
        pass

    assert reference.signature("tf.call", call) == "tf.call(a, b: int = 1, *, c=None)"


def test_a_link_to_what_is_no_page_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "DOCS", REPO / "docs")
    with pytest.raises(ValueError, match="does not exist"):
        pages._on_site(REPO / "docs" / "tour.md", "tour.md", "nowhere.md")
    with pytest.raises(ValueError, match="no page"):
        pages._on_site(REPO / "docs" / "tour.md", "tour.md", "../Makefile")


def test_the_picture_has_every_layer():
    names = architecture.layers()
    drawn = architecture.picture(names, {"a call": ["ops", "core"]})
    assert all(f">{name}/<" in drawn for name in names)


def test_a_watched_call_enters_folders():
    import tidefall as tf

    x = tf.constant([1.0, 2.0])
    root = Path(tf.__file__).parent
    assert "ops" in folders_entered(lambda: tf.add(x, x), root)
