"""Lineage forwards and backwards, as text, JSON and a page; what runs cost and where they ran."""

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest

from tidefall.base import errors
from tidefall.lifecycle.metadata import (
    ArtifactSpec,
    Cost,
    CostMeter,
    MetadataStore,
    Prices,
    content_hash,
    environment,
    git_state,
    lineage,
    lineage_page,
    lineage_svg,
    publish,
    surroundings,
)
from tidefall.lifecycle.metadata.cli import main


@pytest.fixture
def store(tmp_path):
    """raw -> Gen -> examples -> (Stats -> statistics), (Train -> model) -> Push -> served."""
    with MetadataStore(tmp_path / "metadata.db") as opened:
        made = publish(
            opened, "Gen",
            inputs={"raw": [ArtifactSpec("File", "/raw <1>")]},
            outputs={"examples": [ArtifactSpec("Examples", "/examples")]},
        )  # fmt: skip
        examples = made.outputs["examples"]
        statistics = ArtifactSpec("Statistics")
        publish(opened, "Stats", inputs={"x": examples}, outputs={"s": [statistics]})
        model = ArtifactSpec("Model", "/m", name="m")
        publish(opened, "Train", inputs={"x": examples}, outputs={"model": [model]})
        publish(opened, "Push", inputs={"model": [4]}, outputs={"served": [ArtifactSpec("Served")]})
        yield opened


@pytest.mark.parametrize(
    ("direction", "hops", "artifacts"),
    [
        ("backward", None, [1, 2, 4]),
        ("forward", None, [4, 5]),
        ("both", None, [1, 2, 4, 5]),
        ("backward", 1, [2, 4]),
        ("both", 0, [4]),
    ],
)
def test_what_a_model_was_made_from_and_led_to(store, direction, hops, artifacts):
    graph = lineage(store, 4, direction, hops)
    found = sorted(n["id"] for n in graph.nodes.values() if n["kind"] == "artifact")
    assert found == artifacts
    assert all(e.source in graph.nodes and e.target in graph.nodes for e in graph.edges)


def test_what_there_is_no_room_for_is_left_out(store):
    for most in range(1, 8):
        graph = lineage(store, 2, "both", max_nodes=most)
        assert len(graph.nodes) == most and graph.is_cut
        assert all(e.source in graph.nodes and e.target in graph.nodes for e in graph.edges)
    graph = lineage(store, 2, "both", max_nodes=len(lineage(store, 2).nodes))
    assert not graph.is_cut and graph.nodes == lineage(store, 2).nodes


def test_text_json_and_page(store):
    graph = lineage(store, 4)
    assert graph.to_text().splitlines() == [
        "Model m  /m", "made from:", "  Train 3 (COMPLETE)", "    Examples 2  /examples",
        "      Gen 1 (COMPLETE)", "        File 1  /raw <1>",
        "led to:", "  Push 4 (COMPLETE)", "    Served 5",
    ]  # fmt: skip
    read = json.loads(graph.to_json())
    assert len(read["nodes"]) == 7 and len(read["edges"]) == 6
    assert {"from": "execution:3", "to": "artifact:4", "label": "model"} in read["edges"]
    page = lineage_page(graph)
    assert "/raw &lt;1&gt;" in page and "<1>" not in page
    assert "http:" not in page and "https:" not in page and "<script" not in page
    boxes = [node for node in ET.fromstring(lineage_svg(graph)).iter() if node.tag == "rect"]
    assert len({(box.get("x"), box.get("y")) for box in boxes}) == 7


def test_circles_end(store):
    publish(store, "Update", inputs={"m": [4]}, outputs={"m": [4]})
    graph = lineage(store, 4)
    assert "see above" in graph.to_text() or "Update" in graph.to_text()
    assert lineage_page(graph).count("<details") == len(graph.nodes)


def test_what_is_asked_wrongly(store, tmp_path, capsys):
    with pytest.raises(errors.NotFoundError, match="no artifact 99"):
        lineage(store, 99)
    with pytest.raises(errors.InvalidArgumentError, match="backward"):
        lineage(store, 4, "up")
    assert main(["none", "--store", str(tmp_path)]) == 1
    assert "'none'" in capsys.readouterr().err
    assert main(["4", "--store", str(tmp_path / "nowhere")]) == 1
    assert "no metadata store" in capsys.readouterr().err


def test_command(store, tmp_path, capsys):
    assert main(["/m", "--store", str(tmp_path), "--direction", "forward"]) == 0
    assert capsys.readouterr().out.startswith("Model m  /m\nled to:")
    page = tmp_path / "out" / "page.html"
    assert main(["4", "--store", str(tmp_path), "--html", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")


def test_content_hashes_tell_what_changed(tmp_path):
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("1")
    first = content_hash(folder)
    (folder / "sub" / "a").rename(folder / "a")
    assert content_hash(folder) != first
    (folder / "a").rename(folder / "sub" / "a")
    assert content_hash(folder) == first
    (folder / "link").symlink_to("sub")
    with pytest.raises(errors.InvalidArgumentError, match="neither a file nor a folder"):
        content_hash(folder)
    with pytest.raises(errors.NotFoundError):
        content_hash(tmp_path / "none")


def test_git_state_and_environment(tmp_path):
    assert git_state(tmp_path) == {}
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    subprocess.run([*run, "init", "-q"], check=True)
    (tmp_path / "x").write_text("1")
    subprocess.run([*run, "add", "x"], check=True)
    subprocess.run([*run, "commit", "-qm", "x"], check=True)
    head = subprocess.run([*run, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    (tmp_path / "x").write_text("2")
    found = environment(tmp_path)
    assert found["git_commit"] == head.stdout.strip() and found["git_dirty"]
    assert len(found["packages"]) == 64


def test_git_is_asked_again_only_where_something_changed(tmp_path, monkeypatch):
    asked = []
    real = surroundings._git

    def counted(*arguments):
        asked.append(arguments)
        return real(*arguments)

    def git(*arguments):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
        subprocess.run([*command, *arguments], check=True)

    git("init", "-q", "-b", "one")
    (tmp_path / "x").write_text("1")
    git("add", "x")
    git("commit", "-qm", "x")
    monkeypatch.setattr(surroundings, "_git", counted)
    first = git_state(tmp_path)
    assert first["git_branch"] == "one" and not first["git_dirty"] and asked
    count = len(asked)
    assert git_state(tmp_path) == first and len(asked) == count
    # A commit without a change, another branch, something staged: all at once.
    git("commit", "-qm", "y", "--allow-empty")
    second = git_state(tmp_path)
    assert second["git_commit"] != first["git_commit"]
    git("checkout", "-qb", "two")
    assert git_state(tmp_path) == {**second, "git_branch": "two"}
    (tmp_path / "x").write_text("22")
    git("add", "x")
    assert git_state(tmp_path)["git_dirty"]
    git("commit", "-qm", "z")
    assert not git_state(tmp_path)["git_dirty"]
    # An edited file, when the answer has grown old.
    (tmp_path / "x").write_text("333")
    monkeypatch.setattr(surroundings, "FRESH_SECONDS", 0.0)
    now = surroundings.time.monotonic() + 6
    monkeypatch.setattr(surroundings.time, "monotonic", lambda: now)
    assert git_state(tmp_path)["git_dirty"]


def test_cost_is_priced(tmp_path):
    path = tmp_path / "prices.json"
    path.write_text('{"cpu_hour": 0.36, "device_hour": {"H100": 36, "": 7.2}, "currency": "EUR"}')
    prices = Prices.from_file(path)
    assert prices.money(Cost(1, 100, 10, 0, "H100")) == pytest.approx(0.01 + 0.1)
    assert prices.money(Cost(1, 100, 10, 0, "other")) == pytest.approx(0.01 + 0.02)
    read = CostMeter(prices).read()
    assert read.currency == "EUR" and read.peak_memory_bytes > 1_000_000
    for text in ("", "[]", '{"cpu": 1}', '{"cpu_hour": -1}', '{"device_hour": 3}'):
        path.write_text(text)
        with pytest.raises(errors.InvalidArgumentError, match=r"prices\.json"):
            Prices.from_file(path)
