"""The documentation site: `make docs` writes its pages, then has Zensical build them.

What goes in: README, CONTRIBUTING, `docs/`, the programs of `examples/`, the docstrings of the
public names, and the layers of `pyproject.toml`. What comes out: `build/docs/site`, which a browser
opens from the disk. `pages.py` gathers the texts, `reference.py` writes a page for each namespace,
`architecture.py` draws the picture; `__main__.py` is the whole build.
"""
