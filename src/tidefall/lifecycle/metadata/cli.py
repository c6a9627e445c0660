"""The command `tidefall lineage`: what something was made from, and what came of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from tidefall.base import errors
from tidefall.lifecycle.metadata.graph import DIRECTIONS
from tidefall.lifecycle.metadata.tables import exit_status

DEFAULT_STORE = os.environ.get("TIDEFALL_STORE", "tidefall_store")
"""The folder with metadata.db, runs and models, unless one is named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("lineage", lambda: _run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall lineage",
        description="What an artifact was made from, and what was made from it.",
    )
    parser.add_argument(
        "artifact", help="a model (NAME or NAME/VERSION), an artifact's id, or its uri"
    )
    parser.add_argument(
        "--store", default=DEFAULT_STORE, help="store folder, database file or URL (%(default)s)"
    )
    parser.add_argument("--direction", choices=DIRECTIONS, default="both", help="(%(default)s)")
    parser.add_argument("--max_hops", type=int, help="how many executions away to go")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", metavar="FILE", help="write a page with the graph")
    return parser


def _run(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.metadata.graph import lineage
    from tidefall.lifecycle.metadata.graph_page import lineage_page
    from tidefall.lifecycle.metadata.places import database_url, write_whole
    from tidefall.lifecycle.metadata.store import MetadataStore

    with MetadataStore(database_url(flags.store, must_exist=True)) as store:
        artifact = find_artifact(store, flags.artifact)
        graph = lineage(store, artifact, flags.direction, flags.max_hops)
    if flags.html:
        write_whole(Path(flags.html), lineage_page(graph).encode())
    if flags.json:
        print(graph.to_json())
    elif not flags.html:
        print(graph.to_text())
    return 0


def find_artifact(store, given: str) -> int:
    """Return the id of the artifact that a user named.

    Args:
        store: a `MetadataStore`.
        given: an id; a model's name, with or without a version; or a uri.

    Raises:
        NotFoundError: nothing is called so.
    """
    is_id = given.isdecimal() and len(given) < 19  # A database's integers have 64 bits.
    if is_id and store.get_artifacts_by_id([int(given)]):
        return int(given)
    sql = (
        "SELECT n.id FROM Artifact n JOIN Type t ON t.id = n.type_id "
        "WHERE t.name = 'tidefall.ModelVersion' AND n.name = ?"
    )
    rows = store.database.rows(sql, [given])
    if not rows:  # The last version of a model.
        sql = (
            "SELECT MAX(l.artifact_id) FROM Attribution l JOIN Context c ON c.id = l.context_id "
            "JOIN Type t ON t.id = c.type_id WHERE t.name = 'tidefall.RegisteredModel' "
            "AND c.name = ?"
        )
        rows = [row for row in store.database.rows(sql, [given]) if row[0] is not None]
    if rows:
        return rows[0][0]
    found = store.get_artifacts_by_uri(given)
    if not found:
        message = (
            f"metadata store {store.database.where}: no model, artifact id or uri is {given!r}"
        )
        raise errors.NotFoundError(None, None, message)
    return max(artifact.id for artifact in found)
