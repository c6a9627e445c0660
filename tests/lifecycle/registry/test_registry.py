"""Versions stay as they were registered; who may do what; what was tampered with is found."""

import contextlib
import json
import os
import shutil

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.lifecycle.registry import (
    ModelCard,
    Registry,
    check_version,
    new_encryption_key,
    new_key,
)
from tidefall.lifecycle.track import Metric
from tidefall.lifecycle.track.records import Records
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.rollout.audit import audit_entries, check_audit
from tidefall.serving.trust.keys import Verifier
from tidefall.serving.trust.loader import TrustedLoader


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    new_key(folder / "private.pem", folder / "public.pem")
    new_key(folder / "other.pem", folder / "other_public.pem")
    new_encryption_key(folder / "aes.key")
    new_encryption_key(folder / "other_aes.key")
    return folder


@pytest.fixture
def registry(tmp_path, keys):
    with Registry(tmp_path / "store", user="ann", signing_key=keys / "private.pem") as opened:
        yield opened


@pytest.fixture
def acting(registry):
    """Makes the same registry, acting for another user."""
    with contextlib.ExitStack() as stack:
        yield lambda user: stack.enter_context(
            Registry(registry.folder, database=registry.database, user=user)
        )


def test_a_version_is_a_copy_with_card_manifest_and_lineage(registry, small_model):
    records = Records(registry.database)
    run = records.create_run(records.default, params={"lr": "0.1"})
    records.log(run.id, [Metric("accuracy", 0.875, 3, 1)])
    said = ModelCard(intended_use="Halving, *then* adding", owners="ann")
    said.add("Data", {"rows | of *it*": 10})
    version = registry.register("half", small_model, run_id=run.id, card=said)
    assert (version.model, version.number, version.user) == ("half", 1, "ann")
    folder = registry.path(version)
    assert (folder / "saved_model.pb").read_bytes() == (small_model / "saved_model.pb").read_bytes()
    card = registry.card("half", 1)
    assert card.tables["Parameters"] == [("lr", "0.1")]
    assert card.tables["Metrics"] == [("accuracy", "0.875 (step 3)")]
    assert ("serving_default", "x: float [?] -> y: float [?]") in card.tables["Signatures"]
    assert "Halving, *then* adding" in card.to_markdown()
    assert "| rows \\| of \\*it\\* | 10 |" in card.to_markdown()
    assert "<script" not in ModelCard(overview="<script>").to_html()
    manifest = check_version(folder)
    assert manifest["files"]["saved_model.pb"]["size"] == os.path.getsize(folder / "saved_model.pb")
    events = registry.database.rows("SELECT artifact_id, execution_id, type FROM Event")
    assert [tuple(row) for row in events] == [(version.id, run.key, 4)]
    assert not [p for p in folder.rglob("*") if p.is_file() and os.stat(p).st_mode & 0o222]


def test_numbers_are_not_used_again(registry, small_model):
    assert [registry.register("half", small_model).number for _ in range(2)] == [1, 2]
    registry.delete_version("half", 2)
    assert registry.register("half", small_model).number == 3
    assert [v.number for v in registry.versions("half")] == [3, 1]
    assert not (registry.folder / "models" / "half" / "2").exists()
    with pytest.raises(errors.NotFoundError, match="no version 2"):
        registry.version("half", 2)


def test_stages_and_aliases(registry, small_model):
    for _ in range(3):
        registry.register("half", small_model)
    registry.transition("half", 1, "production")
    registry.transition("half", 2, "Production", archive_existing=True)
    assert {v.number: v.stage for v in registry.versions("half")} == {
        3: "None", 2: "Production", 1: "Archived",
    }  # fmt: skip
    registry.set_alias("half", "champion", 2)
    found = [registry.version("half", w).number for w in ("champion", "Production", "latest", "1")]
    assert found == [2, 2, 3, 1]
    with pytest.raises(errors.FailedPreconditionError, match="in use"):
        registry.delete_version("half", 2)
    registry.delete_alias("half", "champion")
    with pytest.raises(errors.NotFoundError, match="champion"):
        registry.version("half", "champion")


_ROLES = {
    "users": {"ann": ["register", "approve"], "bob": ["approve"], "eve": ["promote"]},
    "approvals": {"Production": 1},
}  # fmt: skip


def test_without_the_role_nothing_is_changed(registry, acting, small_model):
    (registry.folder / "roles.json").write_text(json.dumps(_ROLES))
    registry.register("half", small_model)
    denied = {
        "register": lambda r: r.register("half", small_model),
        "create": lambda r: r.create_model("new"),
        "describe": lambda r: r.describe("half", description="mine"),
        "approve": lambda r: r.approve("half", 1),
        "promote": lambda r: r.transition("half", 1, "Production"),
        "alias": lambda r: r.set_alias("half", "champion", 1),
        "delete": lambda r: r.delete_version("half", 1),
    }
    for name, call in denied.items():
        with pytest.raises(errors.PermissionDeniedError, match="'mal' may not"):
            call(acting("mal"))
        assert [v.stage for v in registry.versions("half")] == ["None"], name
    with pytest.raises(errors.PermissionDeniedError, match="'promote' is needed"):
        registry.transition("half", 1, "Staging")
    with pytest.raises(errors.PermissionDeniedError, match="another approves"):
        registry.approve("half", 1)
    with pytest.raises(errors.FailedPreconditionError, match="1 are needed for Production"):
        acting("eve").transition("half", 1, "Production")
    acting("bob").approve("half", 1, "looks well")
    assert acting("eve").transition("half", 1, "Production").approvals == ["bob"]
    told = [(e["who"], e["action"]) for e in audit_entries(registry.audit_path)]
    assert told == [
        ("ann", "version.register"), ("bob", "version.approve"), ("eve", "version.stage"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"users": {"ann": ["fly"]}}',
        '{"users": {}, "x": 1}',
        '{"users": {}, "approvals": {"Production": "one"}}',
    ],
)
def test_a_roles_file_that_is_none_allows_nothing(registry, small_model, text):
    (registry.folder / "roles.json").write_text(text)
    with pytest.raises(errors.InvalidArgumentError, match=r"roles\.json"):
        registry.register("half", small_model)


def _write(path, data):
    path.parent.chmod(0o755)
    if path.exists():
        path.chmod(0o644)
    path.write_bytes(data)


def _replace(path, old, new):
    _write(path, path.read_bytes().replace(old, new))


_TAMPERED = {
    "model": ("saved_model.pb", lambda p: _write(p, p.read_bytes() + b"\0")),
    "variables": ("variables/variables.data-00000-of-00001", lambda p: _write(p, b"")),
    "card": ("assets.extra/model_card.json", lambda p: _replace(p, b"h", b"g")),
    "new file": ("assets/new.txt", lambda p: (p.parent.mkdir(exist_ok=True), _write(p, b"x"))),
    "missing": ("saved_model.pb", lambda p: p.unlink()),
    "manifest": ("assets.extra/manifest.json", lambda p: _replace(p, b"ann", b"bob")),
    "signature": ("assets.extra/manifest.sig", lambda p: _write(p, b"{}")),
    "link": ("saved_model.pb", lambda p: (p.rename(p.with_name("x")), p.symlink_to("x"))),
}  # fmt: skip


@pytest.mark.parametrize("name", _TAMPERED)
def test_a_tampered_version_is_refused_by_name(registry, small_model, keys, name):
    folder = registry.path(registry.register("half", small_model))
    load = TrustedLoader(load_saved_model, str(keys / "public.pem"))
    load(folder)
    file, change = _TAMPERED[name]
    change(folder / file)
    words = "manifest.json" if name == "signature" else file
    with pytest.raises(errors.OpError, match=words):
        load(folder)
    with pytest.raises(errors.OpError, match=words):
        registry.transition("half", 1, "Production")
    assert any(words in problem for problem in registry.verify())


def test_a_tampered_audit_log_is_refused(registry, small_model, keys):
    folder = registry.path(registry.register("half", small_model))
    registry.register("half", small_model)
    load = TrustedLoader(load_saved_model, str(keys / "public.pem"))
    log, whole = registry.audit_path, registry.audit_path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for changed, words in (
        (whole.replace(b"ann", b"bob", 1), "line 1 was changed"),
        (lines[1], "line 1 does not follow"),
        (whole + lines[0], "line 3 does not follow"),
        (b"", "tells nothing"),
    ):
        log.write_bytes(changed)
        with pytest.raises(errors.DataLossError, match=words):
            load(folder)
        assert any("audit" in problem for problem in registry.verify())
    # Whoever makes the chain anew has no key to sign it.
    log.unlink()
    with pytest.raises(errors.DataLossError, match="missing"):
        load(folder)


def test_a_chain_made_anew_is_not_signed(registry, small_model, keys):
    folder = registry.path(registry.register("half", small_model))
    entries = [dict(e) for e in audit_entries(registry.audit_path)]
    entries[0]["who"] = "bob"
    from tidefall.serving.rollout.audit import AuditLog

    registry.audit_path.unlink()
    forged = AuditLog(registry.audit_path, is_shared=True).open()
    for entry in entries:
        forged.write(entry["who"], entry["action"], entry["model"], **entry["details"])
    forged.close()
    check_audit(registry.audit_path)
    with pytest.raises(errors.DataLossError, match="signature cannot be read"):
        TrustedLoader(load_saved_model, str(keys / "public.pem"))(folder)


def test_other_keys_and_other_places_are_refused(registry, small_model, keys):
    registry.register("half", small_model)
    folder = registry.path(registry.register("half", small_model))
    with pytest.raises(errors.PermissionDeniedError, match="not trusted"):
        TrustedLoader(load_saved_model, str(keys / "other_public.pem"))(folder)
    with pytest.raises(errors.FailedPreconditionError, match=r"manifest\.json cannot be read"):
        TrustedLoader(load_saved_model, str(keys / "public.pem"))(small_model)
    first = folder.with_name("1")
    shutil.rmtree(first)
    shutil.copytree(folder, first)  # The second one, where the first was.
    with pytest.raises(errors.DataLossError, match="is of version 2"):
        TrustedLoader(load_saved_model, str(keys / "public.pem"))(first)


def test_encrypted_versions_are_read_with_the_key_alone(tmp_path, small_model, keys):
    with Registry(
        tmp_path / "store", signing_key=keys / "private.pem", encryption_key=keys / "aes.key"
    ) as registry:
        folder = registry.path(registry.register("half", small_model))
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "assets.extra"]
    stored = b"".join(path.read_bytes() for path in files)
    assert b"saver" not in stored and b"serving_default" not in stored
    public = str(keys / "public.pem")
    servable = TrustedLoader(load_saved_model, public, str(keys / "aes.key"))(folder)
    result = servable.signatures["serving_default"].run({"x": np.float32([2.0])})
    assert result["y"].tolist() == [3.0]
    with pytest.raises(errors.DataLossError, match="the key is another"):
        TrustedLoader(load_saved_model, public, str(keys / "other_aes.key"))(folder)
    with pytest.raises(errors.FailedPreconditionError, match="--model_decryption_key_file"):
        TrustedLoader(load_saved_model, public)(folder)


_INVALID = errors.InvalidArgumentError
_BAD = {
    "no folder": (lambda r, m: r.register("half", m / "none"), errors.NotFoundError, "none"),
    "no model": (lambda r, m: r.register("half", m / "assets"), errors.NotFoundError, "assets"),
    "name": (lambda r, m: r.register("../half", m), _INVALID, "model name"),
    "empty name": (lambda r, m: r.create_model(""), _INVALID, "model name"),
    "run": (lambda r, m: r.register("half", m, run_id="0"), errors.NotFoundError, "no run '0'"),
    "stage": (lambda r, m: r.transition("half", 1, "Live"), _INVALID, "Archived"),
    "version": (lambda r, m: r.transition("half", 9, "Staging"), errors.NotFoundError, "9"),
    "alias": (lambda r, m: r.set_alias("half", "7", 1), _INVALID, "would be read"),
    "twice": (lambda r, m: r.create_model("half"), errors.AlreadyExistsError, "half"),
    "unknown": (lambda r, m: r.versions("none"), errors.NotFoundError, "no model 'none'"),
    "in use": (lambda r, m: r.delete_model("half"), errors.FailedPreconditionError, "versions"),
}


@pytest.mark.parametrize("name", _BAD)
def test_bad_input(registry, small_model, name):
    registry.register("half", small_model)
    call, error, words = _BAD[name]
    with pytest.raises(error, match=words):
        call(registry, small_model)
    assert [p.name for p in (registry.folder / "models" / "half").iterdir()] == ["1"]
    assert registry.verify() == []


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_key_files_that_are_none(tmp_path, text):
    path = tmp_path / "key.pem"
    path.write_text(text)
    with pytest.raises(errors.InvalidArgumentError, match=r"key\.pem"):
        Verifier.from_file(path)
    with pytest.raises(errors.InvalidArgumentError, match=r"key\.pem"):
        Registry(tmp_path / "store", signing_key=path)
    with pytest.raises(errors.InvalidArgumentError, match="32 bytes"):
        Registry(tmp_path / "store", encryption_key=path)
    with pytest.raises(errors.AlreadyExistsError, match="not written over"):
        new_key(path, tmp_path / "public.pem")
