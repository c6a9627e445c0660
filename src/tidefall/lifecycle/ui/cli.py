"""The command `tidefall ui`: serve the page of a store."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Sequence

from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.tables import exit_status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("ui", lambda: _serve(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall ui",
        description="A page of a store's runs, pipelines, lineage, models and reports.",
    )
    parser.add_argument(
        "--store", default=DEFAULT_STORE, help="the store's folder or database file (%(default)s)"
    )
    parser.add_argument("--database", help="URL of another database than the store's file")
    parser.add_argument("--host", default="127.0.0.1", help="(%(default)s)")
    parser.add_argument("--port", type=int, default=5050, help="0 for a free one (%(default)s)")
    parser.add_argument(
        "--files", action="append", default=[], metavar="FOLDER",
        help="a folder beside the store's whose artifacts are shown, such as a pipeline's root",
    )  # fmt: skip
    parser.add_argument(
        "--token_file", default="",
        help="NAME TOKEN lines: others see nothing, and who has a role in roles.json may change",
    )  # fmt: skip
    parser.add_argument("--signing_key", help="private key that signs the registry's audit log")
    parser.add_argument(
        "--trusted_keys_file", help="PEM file with the public keys that versions must be signed by"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")
    parser.add_argument("--json", action="store_true", help="tell the address as JSON")
    return parser


def _serve(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.ui.server import UiServer

    with UiServer(
        flags.store, flags.host, flags.port, flags.token_file, flags.database, flags.signing_key,
        flags.files, flags.trusted_keys_file,
    ) as server:  # fmt: skip
        if flags.json:
            print(json.dumps({"url": server.url}), flush=True)
        else:
            print(f"The page of {server.store.folder} is at {server.url}; end it with Ctrl-C",
                  flush=True)  # fmt: skip
        if flags.open:
            import webbrowser

            webbrowser.open(server.url)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0
