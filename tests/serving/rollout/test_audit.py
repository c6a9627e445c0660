"""The record of changes, and what happens to those who change the record."""

import json
import os

import pytest

from tidefall.base import errors
from tidefall.serving.rollout.audit import FIRST, AuditLog, check_audit


@pytest.fixture
def path(tmp_path):
    log = AuditLog(tmp_path / "folder" / "audit.jsonl").open()
    for number in range(3):
        log.write("ann", "rollout.apply", "m", number=number)
    log.close()
    return log.path


def test_entries_follow_each_other(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2, 3]
    assert [line["previous"] for line in lines] == [FIRST, lines[0]["hash"], lines[1]["hash"]]
    assert (lines[0]["who"], lines[0]["details"]) == ("ann", {"number": 0})
    assert check_audit(path) == 3


def test_a_log_goes_on_after_a_restart(path):
    log = AuditLog(path).open()
    log.write("bob", "rollout.remove", "n")
    assert [entry["sequence"] for entry in log.entries()] == [4, 3, 2, 1]
    assert [entry["sequence"] for entry in log.entries(limit=2, model="m")] == [3, 2]
    log.close()
    assert check_audit(path) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [lines[0].replace("ann", "bob"), *lines[1:]], "line 1 was changed"),
        (lambda lines: [lines[0], lines[2]], "line 2 does not follow"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], "line 2 does not follow"),
        (lambda lines: lines[1:], "line 1 does not follow"),
        (lambda lines: [lines[0], "{}", *lines[1:]], "line 2 is not an entry"),
        (lambda lines: [lines[0], '["sequence"]', *lines[1:]], "line 2 is not an entry"),
    ],
)
def test_tampering_shows(path, change, message):
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    with pytest.raises(errors.DataLossError, match=message):
        check_audit(path)


def test_an_entry_cut_short_by_a_crash_stays_and_the_chain_goes_on(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    log = AuditLog(path).open()
    entry = log.write("ann", "rollout.apply", "m", number=3)
    log.close()
    lines = path.read_text().splitlines()
    assert len(lines) == 4
    assert entry["sequence"] == 3
    assert entry["previous"] == json.loads(lines[1])["hash"]
    with pytest.raises(errors.DataLossError, match="line 3 is not an entry"):
        check_audit(path)


def test_two_servers_do_not_write_one_log(path):
    log = AuditLog(path).open()
    with pytest.raises(errors.UnavailableError, match="another server writes the audit log"):
        AuditLog(path).open()
    log.close()
    AuditLog(path).open().close()


def test_a_change_that_cannot_be_recorded_is_refused(path, monkeypatch):
    log = AuditLog(path).open()
    before = path.read_bytes()

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.UnavailableError, match="No space left"):
        log.write("ann", "rollout.apply", "m")
    monkeypatch.undo()
    assert path.read_bytes() == before
    log.write("ann", "rollout.apply", "m")
    log.close()
    assert check_audit(path) == 4


@pytest.mark.parametrize("room", [0, 1, 40])
def test_what_a_full_disk_took_of_an_entry_is_taken_back(path, files_end_at, room):
    log = AuditLog(path).open()
    before = path.read_bytes()
    files_end_at(len(before) + room)
    for _ in range(3):
        with pytest.raises(errors.UnavailableError, match="cannot be written"):
            log.write("ann", "rollout.apply", "m")
    files_end_at(None)
    assert path.read_bytes() == before
    assert log.failures == 3
    assert log.write("ann", "rollout.apply", "m")["sequence"] == 4
    log.close()
    assert check_audit(path) == 4


def test_a_log_that_was_cut_short_opens_on_a_full_disk(path, files_end_at):
    path.write_bytes(path.read_bytes()[:-20])
    size = path.stat().st_size
    files_end_at(size)
    log = AuditLog(path).open()
    with pytest.raises(errors.UnavailableError, match="cannot be written"):
        log.write("ann", "rollout.apply", "m")
    files_end_at(None)
    assert path.stat().st_size == size
    log.write("ann", "rollout.apply", "m")
    log.close()
    assert [line[:1] for line in path.read_text().splitlines()] == ["{"] * 4


def test_without_a_file_the_last_entries_are_remembered():
    log = AuditLog(None).open()
    for _ in range(1500):
        log.write("ann", "rollout.apply", "m")
    entries = log.entries(limit=5000)
    assert len(entries) == 1000
    assert entries[0]["sequence"] == 1500
    log.close()


def test_nothing_is_written_before_the_log_is_open_or_after_it_was_closed(path):
    log = AuditLog(path)
    for _ in range(2):
        with pytest.raises(errors.UnavailableError, match="is not open"):
            log.write("ann", "rollout.apply", "m")
        log.open().close()
