"""Model cards: what a model is, for whom, on which data, and how well it does.

A card is filled from what there is: the SavedModel's signatures, the schema and statistics of the
data, the run's parameters and metrics, evaluation results, the code's commit. It is written as
JSON, Markdown and one HTML page. The sections are those of Mitchell et al., "Model Cards for Model
Reporting" (2019).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from tidefall.base import errors

FILES = ("model_card.json", "model_card.md", "model_card.html")
_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2430;--line:#d9dee6;--soft:#f4f6f9}
@media(prefers-color-scheme:dark){:root{--bg:#14181f;--fg:#e6eaf0;--line:#323b48;--soft:#1d232d}}
body{margin:0 auto;max-width:900px;padding:20px;background:var(--bg);color:var(--fg);
font:14px/1.5 system-ui,sans-serif}table{border-collapse:collapse}td,th{text-align:left;
padding:3px 16px 3px 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}h1{font-size:22px}h2{font-size:17px;margin:26px 0 6px}
"""


@dataclass
class ModelCard:
    """A card: what people say, and tables of what was measured.

    Args:
        name: the model's name.
        version: its number.
        overview: what it does.
        intended_use: for whom and for what.
        limitations: where it does not do well, and risks.
        owners: whom to ask.
        tables: rows of (name, value) by section's heading.
    """

    name: str = ""
    version: int = 0
    overview: str = ""
    intended_use: str = ""
    limitations: str = ""
    owners: str = ""
    tables: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, heading: str, rows: Any) -> None:
        """Add a table from pairs or a mapping; nothing where it is empty."""
        pairs = list(rows.items()) if hasattr(rows, "items") else list(rows)
        if pairs:
            self.tables[heading] = [(str(name), _shown(value)) for name, value in pairs]

    def _sections(self) -> list[tuple[str, str | list[tuple[str, str]]]]:
        said = [
            ("Overview", self.overview),
            ("Intended use", self.intended_use),
            ("Limitations", self.limitations),
            ("Owners", self.owners),
        ]
        return [*((h, t) for h, t in said if t), *self.tables.items()]

    def to_json(self) -> str:
        """Return the card as JSON."""
        fields = {k: v for k, v in self.__dict__.items() if v}
        return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"

    def to_markdown(self) -> str:
        """Return the card as Markdown."""
        lines = [f"# {_markdown(self.name)}, version {self.version}", ""]
        for heading, content in self._sections():
            lines += [f"## {_markdown(heading)}", ""]
            if isinstance(content, str):
                lines += [content, ""]
                continue
            lines += ["| | |", "| --- | --- |"]
            lines += [f"| {_markdown(n)} | {_markdown(v)} |" for n, v in content]
            lines.append("")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the card as one HTML page that loads nothing."""
        title = escape(f"{self.name}, version {self.version}")
        parts = []
        for heading, content in self._sections():
            parts.append(f"<h2>{escape(heading)}</h2>")
            if isinstance(content, str):
                parts.append(f"<p>{escape(content)}</p>")
                continue
            rows = (f"<tr><th>{escape(n)}</th><td>{escape(v)}</td></tr>" for n, v in content)
            parts.append(f"<table>{''.join(rows)}</table>")
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{''.join(parts)}</body></html>\n"
        )

    def write(self, folder: Path) -> None:
        """Write the card's three files into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        texts = (self.to_json(), self.to_markdown(), self.to_html())
        for name, text in zip(FILES, texts, strict=True):
            (folder / name).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """Return the card in a folder.

        Raises:
            DataLossError: there is none, or it is damaged.
        """
        path = folder / FILES[0]
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            tables = {h: [(n, v) for n, v in rows] for h, rows in read.pop("tables", {}).items()}
            return cls(**read, tables=tables)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise errors.DataLossError(None, None, f"model card {path}: {error}") from None


def fill_from_folder(card: ModelCard, folder: Path) -> None:
    """Add what a SavedModel's folder tells: signatures, size, the schema of its data."""
    signatures = signature_rows(folder)
    card.add("Signatures", signatures)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    card.add("Files", [("bytes on disk", size)])
    for name in ("schema.pbtxt", "schema.pb"):
        path = folder / "assets.extra" / name
        if path.is_file():
            card.add("Data schema", _schema_rows(path))
            break


def signature_rows(folder: Path) -> list[tuple[str, str]]:
    """Return name and inputs and outputs of each signature of a SavedModel."""
    from tidefall.proto import DataType
    from tidefall.serving.models.saved_model import read_signature_defs

    def shown(infos: Any) -> str:
        words = []
        for name, info in sorted(infos.items()):
            shape = info.tensor_shape
            sizes = ", ".join("?" if d.size < 0 else str(d.size) for d in shape.dim)
            size = "unknown rank" if shape.unknown_rank else f"[{sizes}]"
            kind = DataType.Name(info.dtype).removeprefix("DT_").lower()
            words.append(f"{name}: {kind} {size}")
        return "; ".join(words)

    return [
        (name, f"{shown(definition.inputs)} -> {shown(definition.outputs)}")
        for name, definition in sorted(read_signature_defs(folder).items())
        if not name.startswith("__")
    ]


def _schema_rows(path: Path) -> list[tuple[str, str]]:
    from google.protobuf import text_format

    from tidefall.proto import metadata
    from tidefall.proto.registry import pool

    schema = metadata.Schema()
    try:
        if path.suffix == ".pb":
            schema.ParseFromString(path.read_bytes())
        else:
            text_format.Parse(path.read_text(), schema, descriptor_pool=pool())
    except Exception as error:  # noqa: BLE001 - protobuf's own classes
        raise errors.DataLossError(None, None, f"schema {path}: {error}") from None
    rows = []
    for feature in schema.feature:
        words = [metadata.FeatureType.Name(feature.type).lower()]
        if feature.HasField("presence"):
            words.append(f"present in at least {feature.presence.min_fraction:g} of the rows")
        if feature.HasField("domain"):
            words.append(f"domain {feature.domain}")
        rows.append((feature.name, ", ".join(words)))
    return rows


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _markdown(text: str) -> str:
    for mark in "\\|*_`<>[]#":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")
