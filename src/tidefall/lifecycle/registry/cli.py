"""The command `tidefall models`: register, approve, promote, check and audit models."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.places import database_url
from tidefall.lifecycle.metadata.tables import exit_status, shown_time, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("models", lambda: flags.run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidefall models", description="The model registry.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, words: str, *arguments: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        for argument in arguments:
            made.add_argument(argument, type=int if argument == "version" else str)
        made.set_defaults(run=run)
        if name in ("keygen", "keygen-encryption"):
            return made
        made.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
        made.add_argument("--database", help="URL of another database than the store's file")
        made.add_argument("--signing_key", help="file with the private key that signs")
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    listed = add("list", _list, "list models, or the versions of one")
    listed.add_argument("name", nargs="?")
    made = add("register", _register, "copy a SavedModel in as a new version", "name", "folder")
    made.add_argument("--run_id", default="", help="the run that made it")
    made.add_argument("--description", default="")
    made.add_argument("--encryption_key", help="file with the key to encrypt its files by")
    approved = add("approve", _approve, "approve a version", "name", "version")
    approved.add_argument("--comment", default="")
    staged = add("promote", _promote, "give a version a stage", "name", "version", "stage")
    staged.add_argument("--archive_existing", action="store_true", help="archive who had it")
    add("alias", _alias, "point an alias at a version", "name", "alias", "version")
    card = add("card", _card, "print a version's model card", "name", "which")
    card.add_argument("--html", action="store_true", help="as an HTML page")
    checked = add("verify", _verify, "check every version and the audit log")
    checked.add_argument("--trusted_keys_file", help="PEM file with the public keys to trust")
    audit = add("audit", _audit, "print the latest entries of the audit log")
    audit.add_argument("--limit", type=int, default=50, help="(%(default)s)")
    add("keygen", _keygen, "make a pair of keys to sign with", "private", "public")
    add("keygen-encryption", _keygen_encryption, "make a key to encrypt with", "file")
    return parser


def _registry(flags: argparse.Namespace) -> Any:
    from tidefall.lifecycle.registry.registry import Registry

    # Only a first model makes a store.
    if not flags.database:
        database_url(flags.store, must_exist=flags.run is not _register)
    return Registry(
        flags.store,
        database=flags.database,
        signing_key=flags.signing_key,
        encryption_key=getattr(flags, "encryption_key", None),
    )


def _list(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        if flags.name:
            found = registry.versions(flags.name)
            aliases = registry.model(flags.name).aliases
        else:
            found, aliases = registry.models(), {}
    if flags.json:
        print(json.dumps([asdict(item) for item in found], indent=1))
    elif flags.name:
        rows = [
            (
                v.number, v.stage, " ".join(a for a, n in aliases.items() if n == v.number),
                " ".join(v.approvals), v.user, shown_time(v.created), v.description,
            )
            for v in found
        ]  # fmt: skip
        names = ("version", "stage", "aliases", "approved by", "by", "registered (UTC)", "")
        print(table(names, rows))
    else:
        rows = [
            (m.name, " ".join(f"{a}={n}" for a, n in m.aliases.items()), shown_time(m.updated))
            for m in found
        ]
        print(table(("model", "aliases", "changed (UTC)"), rows))
    return 0


def _tell(flags: argparse.Namespace, version: Any, words: str) -> int:
    if flags.json:
        print(json.dumps(asdict(version), indent=1))
    else:
        print(f"version {version.number} of {version.model!r} {words}")
    return 0


def _register(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        version = registry.register(
            flags.name, flags.folder, run_id=flags.run_id, description=flags.description
        )
        return _tell(flags, version, f"is in {registry.path(version)}")


def _approve(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        version = registry.approve(flags.name, flags.version, flags.comment)
    return _tell(flags, version, f"is approved by {', '.join(version.approvals)}")


def _promote(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        version = registry.transition(
            flags.name, flags.version, flags.stage, flags.archive_existing
        )
    return _tell(flags, version, f"is in stage {version.stage}")


def _alias(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        registry.set_alias(flags.name, flags.alias, flags.version)
        return _tell(flags, registry.version(flags.name, flags.version), f"is {flags.alias}")


def _card(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        card = registry.card(flags.name, flags.which)
    text = card.to_json() if flags.json else card.to_html() if flags.html else card.to_markdown()
    print(text, end="")
    return 0


def _verify(flags: argparse.Namespace) -> int:
    with _registry(flags) as registry:
        problems = registry.verify(flags.trusted_keys_file)
    if flags.json:
        print(json.dumps({"problems": problems}, indent=1))
    else:
        print("\n".join(problems) or "everything is as it was registered")
    return 1 if problems else 0


def _audit(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.metadata.places import disk_error
    from tidefall.serving.rollout.audit import audit_entries

    with _registry(flags) as registry:
        try:
            entries = list(audit_entries(registry.audit_path))[-flags.limit :]
        except OSError as error:
            raise disk_error(registry.audit_path, error) from None
    if flags.json:
        print(json.dumps(entries, indent=1))
        return 0
    rows = [
        (
            e["sequence"], e["time"], e["who"], e["action"], e["model"],
            " ".join(f"{k}={v}" for k, v in e["details"].items() if k != "manifest"),
        )
        for e in entries
    ]  # fmt: skip
    print(table(("", "time (UTC)", "who", "what", "model", ""), rows))
    return 0


def _keygen(flags: argparse.Namespace) -> int:
    from tidefall.serving.trust.keys import new_key

    print(f"key {new_key(flags.private, flags.public)}: {flags.private}, {flags.public}")
    return 0


def _keygen_encryption(flags: argparse.Namespace) -> int:
    from tidefall.serving.trust.encryption import new_encryption_key

    new_encryption_key(flags.file)
    print(f"key in {flags.file}")
    return 0
