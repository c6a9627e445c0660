"""The status page as a real browser shows it. Skipped where there is none."""

import re
from itertools import pairwise

import pytest

from tidefall.serving import ModelServer
from tidefall.serving.operations.settings import OperationsSettings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

TOKEN = "a-token-of-some-length"
SIZES = [(1200, 900), (700, 900), (360, 740)]
# Luminance by WCAG 2; the colors come as "rgb(1, 2, 3)".
CONTRAST = """(selector) => {
  const luminance = (color) => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const text = getComputedStyle(document.querySelector(selector)).color;
  const found = [text, dark ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)"].map(luminance);
  return (Math.max(...found) + 0.05) / (Math.min(...found) + 0.05);
}"""


@pytest.fixture
def visit(browser):
    """Opens the page of a server; what the page complains of by itself fails the test."""
    contexts, complaints = [], []

    def open_page(server, width=1200, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(server.url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # The browser itself notes replies that are errors, and servers that are gone.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


@pytest.fixture
def busy(serve, base_path, numpy_server, wait_for):
    """A server with a version that answers, and one that cannot be loaded, with a long message."""
    server = serve()
    numpy_server.write_version(base_path, 2, broken="x" * 300 + " <b>bold</b>")
    model = server._manager.find("half")
    wait_for(lambda: any(status.error_code == "DATA_LOSS" for status in model.known()))
    return server


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits_every_screen(busy, visit, width, height):
    page = visit(busy, width, height)
    page.wait_for_selector("#models td.END")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "<b>bold</b>" in page.text_content("#models")
    for state in (".AVAILABLE", ".END"):
        lines = page.evaluate(
            """(selector) => {
                const range = document.createRange();
                range.selectNodeContents(document.querySelector(selector));
                return range.getClientRects().length;
            }""",
            f"#models td{state}",
        )
        assert lines == 1, f"the state {state} is broken over {lines} lines"
    assert page.locator("thead").is_visible() == (width > 880)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_colors_can_be_read(busy, visit, scheme):
    page = visit(busy, color_scheme=scheme)
    page.wait_for_selector("#models td.END")
    for selector in ("#models td.AVAILABLE", "#models td.END", "#ready", "body"):
        assert page.evaluate(CONTRAST, selector) >= 4.5, selector


def test_the_form_runs_a_model_and_says_what_is_wrong(busy, visit):
    page = visit(busy)
    expect(page.locator("#inputs")).to_have_value('{"x":[0]}')
    page.fill("#inputs", '{"x": [1, 3]}')
    page.click("#predict")
    answer = expect(page.locator("#answer"))
    answer.to_contain_text("3.5")
    page.fill("#inputs", "{")
    page.click("#predict")
    answer.to_contain_text("The inputs are no JSON")
    page.fill("#inputs", '{"z": 1}')
    page.click("#predict")
    answer.to_contain_text("400: ")
    answer.to_have_class("unready")


def test_what_is_there_is_named_for_those_who_do_not_see_it(busy, visit):
    page = visit(busy)
    expect(page.locator("#inputs")).not_to_have_value("")
    for role, name in [
        ("img", re.compile("Requests per second all, now [0-9.]+ failed, now [0-9.]+")),
        ("img", re.compile("Latency half under, now .* 99 % under, now ")),
        ("table", None),
        ("combobox", "Model"),
        ("combobox", "Signature"),
        ("textbox", re.compile("Inputs as JSON")),
        ("button", "Predict"),
        ("heading", "Last five minutes"),
        ("columnheader", "Requests, 5 min"),
    ]:
        assert page.get_by_role(role, name=name).count() == 1, (role, name)
    page.focus("#inputs")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_contain_text("Answered in ")


def test_charts_without_requests_say_so(busy, visit):
    page = visit(busy, 360, 740)
    expect(page.locator("#rate-empty")).to_have_text("No requests in the last five minutes")
    assert page.locator("#rate polyline").count() == 0


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_marks_of_the_time_stand_at_its_lines(busy, visit, width, height):
    page = visit(busy, width, height)
    frame = page.locator("#rate").bounding_box()
    marks = page.locator("figure").first.locator(".axis span")
    boxes = [mark.bounding_box() for mark in marks.all()]
    assert all(a["x"] + a["width"] < b["x"] for a, b in pairwise(boxes))
    for minute in range(1, 5):
        box = marks.nth(minute).bounding_box()
        line = frame["x"] + frame["width"] * minute / 5
        assert abs(box["x"] + box["width"] / 2 - line) < 3


def test_charts_are_drawn_with_their_scale(busy, visit):
    page = visit(busy)
    expect(page.locator("#inputs")).not_to_have_value("")
    page.click("#predict")
    expect(page.locator("#latency-most")).to_have_text(re.compile(r"^[0-9.]+ m?s$"))
    box = page.locator("#latency polyline.first").bounding_box()
    frame = page.locator("#latency").bounding_box()
    assert frame["x"] <= box["x"] <= frame["x"] + frame["width"]


def test_a_token_is_asked_for_and_used(base_path, numpy_server, tmp_path, visit):
    (tmp_path / "tokens").write_text(TOKEN)
    settings = OperationsSettings(inference_token_file=str(tmp_path / "tokens"))
    with ModelServer({"half": base_path}, operations=settings, load=numpy_server.load) as server:
        page = visit(server.wait_until_available(10))
        expect(page.locator("#problem")).to_contain_text("401: ")
        page.fill("#token", TOKEN)
        page.press("#token", "Tab")
        page.wait_for_selector("#models td.AVAILABLE")
        expect(page.locator("#inputs")).not_to_have_value("")
        page.click("#predict")
        expect(page.locator("#verdict")).to_contain_text("Answered in ")
        expect(page.locator("#problem")).to_be_empty()


def test_a_server_that_is_gone_is_told_of(serve, visit):
    server = serve()
    page = visit(server)
    page.wait_for_selector("#models td.AVAILABLE")
    server.stop(5)
    expect(page.locator("#ready")).to_have_text("cannot be seen")
    expect(page.locator("#problem")).to_contain_text("The server does not answer")
