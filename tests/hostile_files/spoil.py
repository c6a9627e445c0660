"""One spoiled copy of a seed, decided by a number."""

from __future__ import annotations

import random
from pathlib import Path

from tests.hostile_files import bundles, messages

TEXTS = ("checkpoint", ".pbtxt", ".txt")


def spoil(folder: Path, rng: random.Random) -> list[str]:
    """Change the files of a folder; says what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    done: list[str] = []
    for _ in range(rng.choice([1, 1, 2])):
        path = _choose(rng, files)
        try:
            what = _change(rng, path)
        except Exception as error:  # noqa: BLE001 - a second change meets what the first one left
            what = f"could not be changed: {type(error).__name__}"
        done.append(f"{path.relative_to(folder)}: {what}")
    return done


def _choose(rng: random.Random, files: list[Path]) -> Path:
    programs = [path for path in files if path.name == "saved_model.pb"]
    if programs and rng.random() < 0.7:
        return programs[0]
    return rng.choice(files)


def _change(rng: random.Random, path: Path) -> str:
    kind = rng.random()
    if kind < 0.03:
        path.unlink()
        return "removed"
    if kind < 0.05:
        path.write_bytes(b"")
        return "emptied"
    if kind < 0.07:
        path.unlink()
        path.mkdir()
        return "became a folder"
    if kind < 0.2:
        path.write_bytes(messages.spoiled(rng, path.read_bytes()))
        return "bytes changed"
    if path.name == "saved_model.pb":
        return _change_program(rng, path)
    if path.suffix == ".index" and path.with_name(f"{path.stem}.data-00000-of-00001").exists():
        return bundles.change_bundle(rng, path)
    if path.name == "fingerprint.pb":
        from tidefall.proto import FingerprintDef

        message = FingerprintDef.FromString(path.read_bytes())
        what = messages.Mutator(rng, message).change(message)
        path.write_bytes(message.SerializeToString())
        return what
    if path.name.endswith(TEXTS):
        return _change_text(rng, path)
    path.write_bytes(messages.spoiled(rng, path.read_bytes()))
    return "bytes changed"


def _change_program(rng: random.Random, path: Path) -> str:
    from tidefall.proto import SavedModel

    model = SavedModel.FromString(path.read_bytes())
    meta = rng.choice(list(model.meta_graphs))
    mutator = messages.Mutator(rng, meta)
    done = []
    for _ in range(rng.choice([1, 1, 2, 4])):
        if rng.random() < 0.25:
            done.append(rng.choice(messages.SPECIAL)(rng, meta))
            continue
        places = [
            meta,
            meta.object_graph_def,
            meta.object_graph_def,
            meta.graph_def.library,
            meta.graph_def.library,
            meta.graph_def,
        ]
        done.append(mutator.change(rng.choice(places)))
    path.write_bytes(model.SerializeToString())
    return "; ".join(done)


def _change_text(rng: random.Random, path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice([1, 2, 5])):
        if not lines:
            break
        i = rng.randrange(len(lines))
        kind = rng.choice(["drop", "double", "swap", "number", "word", "nest"])
        if kind == "drop":
            del lines[i]
        elif kind == "double":
            lines.insert(i, lines[i])
        elif kind == "swap":
            j = rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
        elif kind == "nest":
            lines[i] = "root { " * rng.choice([5, 500, 20_000]) + lines[i]
        else:
            head, _, _ = lines[i].partition(":")
            new = rng.choice(
                ["-1", "999999999999", "0"]
                if kind == "number"
                else ['"../../x"', '"/etc/passwd"', '"\\000"', '"' + "x" * 5000 + '"', "nan"]
            )
            lines[i] = f"{head}: {new}\n"
    path.write_text("".join(lines), encoding="utf-8")
    return "text changed"
