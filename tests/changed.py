"""Runs the tests of what changed: `python -m tests.changed`, for `make check`.

Changed is what differs from the branch `main`, or on it from the last commit, with files that git
does not know yet. A source file's tests are those that mirror its path, or else those that name its
module, or else those of its folder; an op's or a public function's are its records in
`tests/oracle/cases/`. What starts processes, compiles much or is slow is left to `make test`, and
of the records' compilations all but the first few.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.oracle import recording

REPO = Path(__file__).resolve().parents[1]
CHECKS = ("test_eager", "test_function_on_the_host", "test_function_of_any_shape")
CHECKS += ("test_inferred_shapes",)
FAILING_CHECKS = ("test_error", "test_error_in_a_function")
MAX_RECORDS = 600
MAX_COMPILED = 10
LEFT_OUT = "not process and not compiles and not slow"
_NAMES = re.compile(r"""@export\(([^)]*)\)""")
_OPS = re.compile(r"""\bop\(\s*"(\w+)",""")


def main() -> int:
    changed = changed_files()
    files = test_files(changed)
    records = record_cases(changed)
    print(f"{len(changed)} changed files: {len(files)} test files, {len(records)} record tests")
    for path in files:
        print(f"  {path}")
    for family in sorted({case.partition("[")[2].partition(":")[0] for case in records}):
        print(f"  records of {family}")
    if not files and not records:
        return 0
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as chosen:
        chosen.write("\n".join([*files, *records]))
        chosen.flush()
        command = [sys.executable, "-m", "pytest", "-q", "-m", LEFT_OUT, f"@{chosen.name}"]
        code = subprocess.run([*command, *sys.argv[1:]], cwd=REPO, check=False).returncode
    return 0 if code == 5 else code  # 5: all of them are left out


def changed_files() -> list[str]:
    """Return the changed files that are still there, by their path in the repository."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    found = {*_git("diff", "--name-only", base[0]), *_git("ls-files", "-o", "--exclude-standard")}
    if not found:
        found = set(_git("diff", "--name-only", "HEAD~1"))
    return sorted(path for path in found if (REPO / path).is_file())


def test_files(changed: list[str]) -> list[str]:
    """Return the test files of changed files."""
    chosen: set[str] = set()
    tests = {p.relative_to(REPO).as_posix(): p for p in sorted((REPO / "tests").rglob("test_*.py"))}
    text: dict[str, str] = {}
    for path in changed:
        if path in tests:
            chosen.add(path)
        if not path.startswith("src/tidefall/") or not path.endswith(".py"):
            continue
        parts = Path(path).relative_to("src/tidefall")
        mirror = (Path("tests") / parts.parent / f"test_{parts.name}").as_posix()
        if mirror in tests:
            chosen.add(mirror)
            continue
        text = text or {name: p.read_text(encoding="utf-8") for name, p in tests.items()}
        package, _, name = ".".join(["tidefall", *parts.with_suffix("").parts]).rpartition(".")
        mentions = re.compile(
            rf"{re.escape(package)}\.{name}\b|from {re.escape(package)} import [^\n]*\b{name}\b"
        )
        found = {test for test, content in text.items() if mentions.search(content)}
        chosen |= found or _of_the_folders(Path("tests") / parts.parent, tests)
    # Not for a minute's check: real TensorFlow, and all records, of which some are chosen below.
    left_out = ("tests/oracle_env/", "tests/oracle/test_records.py")
    return sorted(path for path in chosen if not path.startswith(left_out))


def _of_the_folders(folder: Path, tests: dict[str, Path]) -> set[str]:
    """Return the test files that lie in a folder and in those around it."""
    around = {parent.as_posix() for parent in (folder, *folder.parents)} - {"tests", "."}
    return {test for test in tests if test.rpartition("/")[0] in around}


def record_cases(changed: list[str]) -> list[str]:
    """Return the tests of the records of changed families, ops and public functions."""
    families = {Path(path).stem for path in changed if path.startswith("tests/oracle/cases/")}
    names: set[str] = set()
    for path in changed:
        if path.startswith("src/tidefall/") and path.endswith(".py"):
            content = (REPO / path).read_text(encoding="utf-8")
            for exported in _NAMES.findall(content):
                names.update(re.findall(r'"([^"]+)"', exported))
            names.update(f"raw_ops.{name}" for name in _OPS.findall(content))
    if not families and not names:
        return []
    found = [
        (family, record)
        for family in recording.families()
        for record in recording.records(family).values()
        if family in families or record.name in names
    ]
    if len(found) > MAX_RECORDS:
        print(f"{len(found)} records; {MAX_RECORDS} of them, spread over all, are checked")
        found = found[:: -(-len(found) // MAX_RECORDS)]
    cases: list[str] = []
    compiled = 0
    for family, record in found:
        checks = FAILING_CHECKS if record.raises else CHECKS
        if not record.raises and "xla" in record.executors and compiled < MAX_COMPILED:
            compiled += 1
            checks = (*checks, "test_compiled")
        if record.raises and "host" not in record.executors:
            checks = FAILING_CHECKS[:1]
        executors = {"test_eager": "eager", "test_error": "eager", "test_compiled": "xla"}
        cases += [
            f"tests/oracle/test_records.py::{check}[{family}:{record.id}]"
            for check in checks
            if executors.get(check, "host") in record.executors
        ]
    return cases


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=REPO, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines() if done.returncode == 0 else []


if __name__ == "__main__":
    sys.exit(main())
