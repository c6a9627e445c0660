"""The page as a real browser shows it. Skipped where there is none."""

import json
import re
from urllib.parse import urlencode

import pytest

from tests.lifecycle.ui.conftest import HOSTILE, RUNS
from tidefall.lifecycle.metadata import MetadataStore
from tidefall.lifecycle.registry import Registry

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

SIZES = [(1280, 900), (700, 900), (360, 740)]
# The least contrast of the texts on the page with what is behind them, by WCAG 2.
CONTRAST = """() => {
  const parts = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => parts(color).slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parts(color)[3] ?? 1) > 0 && color.startsWith("rgb")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let least = [99, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const isSeen = element.checkVisibility() && !element.closest("svg, option, [disabled]");
    if (!own || !isSeen) continue;
    const pair = [getComputedStyle(element).color, behind(element)].map(luminance);
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < least[0]) least = [contrast, element.outerHTML.slice(0, 100)];
  }
  return least;
}"""


@pytest.fixture
def visit(browser):
    """Opens a place of a page; what the page complains of by itself fails the test."""
    contexts, complaints = [], []

    def open_place(page, place="", width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        opened = context.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("dialog", lambda dialog: complaints.append(dialog.message))
        opened.goto(f"{page.url}/#/{place}")
        return opened

    open_place.complaints = complaints
    yield open_place
    for context in contexts:
        context.close()
    # The browser itself notes replies that are errors, and servers that are gone.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


def places(filled):
    """Every kind of place in the page."""
    evaluation, outside = (filled.artifacts[name] for name in ("evaluation", "outside"))
    file = {"path": "folder", "file": f"{HOSTILE.replace('/', '')}.txt"}
    return {
        "runs": "Runs",
        f"run/{filled.run}": HOSTILE,
        f"run/{filled.run}?{urlencode(file)}": HOSTILE,
        f"compare?runs={filled.run}": "1 runs side by side",
        "models": "Models",
        "models/half": "half",
        "models/half/1": "half version 1",
        "models/half/2": "half version 2",
        "pipelines": "Pipelines",
        "pipelines/squares": "squares",
        f"pipeline-run/{filled.pipeline_run}?node=left": f"squares run {filled.pipeline_run}",
        "reports": "Reports of data and evaluations",
        f"artifact/{evaluation}": f"ModelEvaluation {evaluation}",
        f"artifact/{outside}": f"Examples {outside}",
        "artifacts": "Artifacts",
        "lineage": "Lineage",
        "lineage/half%2F1?hops=0": "Lineage",
    }  # fmt: skip


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_place_fits_every_screen_and_shows_texts_as_texts(page, filled, visit, width, height):
    opened = visit(page, "", width, height)
    for place, title in places(filled).items():
        opened.goto(f"{page.url}/#/{place}")
        expect(opened.locator("h1")).to_have_text(title)
        expect(opened.locator("#status")).to_be_empty()
        expect(opened.locator("#problem")).to_be_empty()
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, place
        assert opened.locator("main img, main script").count() == 0, place
        assert opened.title() == f"{title} · Tidefall"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_texts_can_be_read(page, filled, visit, scheme):
    opened = visit(page, color_scheme=scheme)
    for place, title in places(filled).items():
        opened.goto(f"{page.url}/#/{place}")
        expect(opened.locator("h1")).to_have_text(title)
        expect(opened.locator("#status")).to_be_empty()
        contrast, element = opened.evaluate(CONTRAST)
        assert contrast >= 4.5, (place, element)


def test_runs_are_found_ordered_chosen_and_compared(page, visit):
    opened = visit(page)
    rows = opened.locator("table[aria-label=Runs] tbody tr")
    expect(rows).to_have_count(50)
    expect(opened.locator("figure polyline").first).to_be_visible()
    opened.fill("#filter", "params.optimizer = 'adam' and metrics.loss < 0.04")
    opened.press("#filter", "Enter")
    expect(rows).to_have_count(18)
    opened.get_by_role("button", name="loss").click()
    expect(opened.get_by_role("columnheader", name="loss")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(rows.first.locator("a[data-row]")).to_have_text("run 6")
    opened.get_by_role("button", name="loss").click()
    expect(rows.first.locator("a[data-row]")).to_have_text("run 57")
    opened.get_by_label("Choose run 57").check()
    expect(opened.locator("figure polyline")).to_have_count(1)
    opened.get_by_label("Choose run 51").check()
    expect(opened.locator("figure polyline")).to_have_count(2)
    expect(opened.locator("#metric option")).to_have_text(["accuracy", "loss"])
    opened.reload()  # The address has all of it.
    expect(opened.locator("figure polyline")).to_have_count(2)
    expect(rows.first.locator("a[data-row]")).to_have_text("run 57")
    opened.click("#compare")
    expect(opened.locator("h1")).to_have_text("2 runs side by side")
    expect(opened.locator("figure")).to_have_count(2)
    parameters = opened.locator("table[aria-label=Parameters] tbody tr")
    expect(parameters).to_have_count(1)
    expect(parameters.locator("th")).to_have_text("lr")
    opened.get_by_label("Also what is the same").check()
    expect(parameters.locator("th")).to_have_text(["batch", "lr", "optimizer"])
    opened.go_back()
    expect(opened.locator("h1")).to_have_text("Runs")


def test_a_parameter_may_have_any_name(page, filled, visit):
    other = page.get("runs", filter="run_name = 'run 7'")["runs"][0]["id"]
    opened = visit(page, f"compare?runs={filled.run},{other}")
    row = opened.locator("table[aria-label=Parameters] tr", has_text="constructor")
    expect(row.locator("td")).to_have_text(["given", ""])
    expect(opened.locator("table[aria-label=Parameters] tbody tr")).to_have_count(5)


def test_curves_are_drawn_where_their_values_are(page, visit):
    opened = visit(page, "runs?filter=run_name%20%3D%20'run%209'&metric=accuracy")
    line = opened.locator("figure polyline")
    expect(line).to_have_count(1)
    points = [tuple(map(float, p.split(","))) for p in line.get_attribute("points").split()]
    # 20 steps with equal gaps over 600 by 192 units, from 0 to 0.95.
    assert points == [
        (pytest.approx(600 * n / 19, abs=0.06), pytest.approx(196 - 192 * n / 19, abs=0.06))
        for n in range(20)
    ]
    expect(opened.locator("figure .scale span")).to_have_text(["0.95", "0.475", "0"])
    expect(opened.locator("figure .axis span")).to_have_text(["0", "step", "19"])
    opened.locator("figure svg").focus()
    for _ in range(24):
        opened.keyboard.press("ArrowRight")
    expect(opened.locator("figure .reading")).to_have_text("step 9: run 9 0.45")


def test_curves_along_time_smoothed_and_logarithmic(page, filled, visit):
    opened = visit(page, f"run/{filled.run}")
    expect(opened.locator("figure")).to_have_count(3)
    expect(opened.locator("figure .band")).to_have_count(1)
    expect(opened.get_by_text("No values that can be drawn")).to_have_count(2)
    opened.get_by_label("Logarithmic").check()
    expect(opened.get_by_text("Nothing above zero to draw")).to_have_count(2)
    expect(opened).to_have_url(re.compile("log=1"))
    opened.get_by_label("Along").select_option("time")
    expect(opened.locator("figure .axis").first).to_contain_text("since the start")
    opened.get_by_label("Smoothing").select_option("0.9")
    expect(opened.locator("figure .band")).to_have_count(0)


def test_documents_run_in_a_frame_of_their_own(page, filled, visit):
    opened = visit(page, f"run/{filled.run}?file=page.html")
    frame = opened.frame_locator("iframe")
    expect(frame.locator("#told")).to_have_text("told ran")  # Its scripts run,
    inside = next(one for one in opened.frames if "/frame/" in one.url)
    assert inside.evaluate("origin") == "null"  # as nobody,
    for reach in ("parent.document.title", "sessionStorage.length"):
        with pytest.raises(playwright.Error, match=r"SecurityError|cross-origin"):
            inside.evaluate(reach)
    asked = "fetch('/api/about').then(() => 'told', (error) => error.name)"
    assert inside.evaluate(asked) == "TypeError"  # and reach nothing, as the browser notes.
    assert all("Content Security Policy" in text for text in visit.complaints)
    visit.complaints.clear()
    for name in ("statistics", "anomalies", "schema", "evaluation"):
        opened.goto(f"{page.url}/#/artifact/{filled.artifacts[name]}")
        expect(opened.frame_locator("iframe").locator("h1")).to_be_visible()


def test_the_graphs_lead_to_what_they_show(page, filled, visit):
    opened = visit(page, "models/half/1")
    opened.get_by_role("link", name="what it was made from").click()
    nodes = opened.locator(".graph a")
    expect(nodes).to_have_count(3)  # Data, run and version.
    expect(opened.locator(".graph g.start")).to_contain_text("tidefall.ModelVersion half/1")
    opened.get_by_label("Direction").select_option("forward")
    expect(nodes).to_have_count(1)
    opened.goto(f"{page.url}/#/lineage/%2Fmodels%2Fhalf")
    expect(nodes).to_have_count(3)  # Data, run and model.
    opened.get_by_role("link", name=re.compile("^tidefall.Run .* COMPLETE")).click()
    expect(opened.locator("h1")).to_have_text(HOSTILE)
    opened.goto(f"{page.url}/#/pipeline-run/{filled.pipeline_run}")
    opened.get_by_role("link", name=re.compile("^left done")).focus()
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("heading", name="left")).to_be_visible()
    expect(opened.locator("table[aria-label=Outputs] tbody tr")).to_have_count(3)


def test_it_is_used_by_the_keyboard_alone(page, visit):
    opened = visit(page)
    expect(opened.locator("tbody tr")).to_have_count(50)
    opened.keyboard.press("Tab")
    expect(opened.locator("#skip")).to_be_focused()
    opened.keyboard.press("Enter")
    expect(opened.locator("#main")).to_be_focused()
    opened.keyboard.press("/")
    expect(opened.locator("#filter")).to_be_focused()
    opened.keyboard.type("metrics.loss < 2/")  # Keys are letters within a field.
    opened.keyboard.press("Enter")
    expect(opened.locator("#problem")).to_contain_text("was not understood")
    opened.keyboard.press("Control+A")
    opened.keyboard.type(" ")
    opened.keyboard.press("Enter")
    expect(opened.locator("#problem")).to_be_empty()
    opened.locator("h1").click()
    opened.keyboard.press("]")
    expect(opened.locator("tbody tr")).to_have_count(RUNS + 1 - 50)
    opened.keyboard.press("[")
    expect(opened.locator("tbody tr")).to_have_count(50)
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    expect(opened.get_by_role("row").locator("[data-row]:focus")).to_have_text(f"run {RUNS - 1}")
    opened.keyboard.press("k")
    opened.keyboard.press("Enter")
    expect(opened.locator("h1")).to_have_text(HOSTILE)


def test_what_is_there_is_named_for_those_who_do_not_see_it(page, visit):
    opened = visit(page)
    expect(opened.locator("tbody tr")).to_have_count(50)
    for role, name in [
        ("navigation", "Parts"), ("navigation", "Pages"), ("combobox", "Experiment"),
        ("combobox", "Order"), ("textbox", re.compile("^Filter")), ("table", "Runs"),
        ("checkbox", "Choose run 40"), ("heading", "Curves"),
        ("img", re.compile("^accuracy: .*run 59 0.95")),
    ]:  # fmt: skip
        assert opened.get_by_role(role, name=name).count() == 1, (role, name)
    expect(opened.get_by_role("link", name="Runs")).to_have_attribute("aria-current", "page")


def test_empty_and_wrong_places_say_so(open_page, tmp_path, visit):
    MetadataStore(tmp_path / "metadata.db").close()
    page = open_page(tmp_path)
    opened = visit(page)
    for place, words in [
        ("runs", "No runs yet"), ("models", "No models yet"), ("pipelines", "No pipeline ran"),
        ("reports", "No statistics"), ("artifacts", "No artifacts yet"),
        ("lineage", "Name a model"), ("compare", "No runs are chosen"),
        ("runs?first=50", "There are no more runs"),
    ]:  # fmt: skip
        opened.goto(f"{page.url}/#/{place}")
        expect(opened.locator(".empty").last).to_contain_text(words)
        expect(opened.locator("#problem")).to_be_empty()
    for place, words in [
        ("run/none", "no run 'none'"), ("models/none", "no model 'none'"),
        ("nowhere", "no such place"), ("models/a/b/c", "no such place"),
        ("%E0%A4%A", "no such place"), ("artifact/7", "artifact 7"),
    ]:  # fmt: skip
        opened.goto(f"{page.url}/#/{place}")
        expect(opened.locator("#problem")).to_contain_text(words)
        expect(opened.locator("#view")).to_be_empty()


def test_a_server_that_is_gone_is_told_of(open_page, tmp_path, visit):
    MetadataStore(tmp_path / "metadata.db").close()
    page = open_page(tmp_path)
    opened = visit(page)
    expect(opened.locator(".empty")).to_be_visible()
    page.server.close()
    opened.keyboard.press("r")
    expect(opened.locator("#problem")).to_contain_text("The server does not answer")
    expect(opened.get_by_role("button", name="Try again")).to_be_visible()


def test_a_token_is_asked_for_and_its_roles_allow_changes(open_page, tmp_path, small_model, visit):
    store = tmp_path / "store"
    with Registry(store, user="ann") as registry:
        registry.register("half", small_model)
    (tmp_path / "tokens").write_text("eve eve-has-a-long-token\nbob bob-has-a-long-token\n")
    roles = {"users": {"eve": ["approve", "promote"], "*": []}, "approvals": {"Production": 1}}
    (store / "roles.json").write_text(json.dumps(roles))
    page = open_page(store, token_file=str(tmp_path / "tokens"))
    opened = visit(page, "models/half/1")
    expect(opened.locator("#problem")).to_contain_text("bearer token")
    opened.fill("#token", "bob-has-a-long-token")
    opened.press("#token", "Enter")
    expect(opened.locator("h1")).to_have_text("half version 1")
    assert opened.get_by_role("heading", name="Change it").count() == 0
    opened.click("#access summary")
    opened.fill("#token", "eve-has-a-long-token")
    opened.press("#token", "Enter")
    form = opened.get_by_role("form", name="Set the stage")
    form.get_by_label("Stage").select_option("Production")
    form.get_by_role("button").click()
    expect(form.get_by_role("alert")).to_contain_text("1 are needed for Production")
    opened.get_by_role("form", name="Approve").get_by_label("Comment").fill(HOSTILE)
    opened.get_by_role("button", name="Approve").click()
    expect(opened.get_by_role("listitem")).to_have_text(f"eve: {HOSTILE}")
    form.get_by_label("Stage").select_option("Production")
    form.get_by_role("button").click()
    expect(opened.locator("dd.Production, dd", has_text="Production").first).to_be_visible()
    opened.click("#check")
    expect(opened.get_by_text("as they were registered")).to_be_visible()
    frame = opened.get_by_text("As the page that lies with the version")
    frame.click()
    expect(opened.frame_locator("iframe").locator("h1")).to_have_text("half, version 1")
    with Registry(store) as registry:
        assert registry.version("half", 1).stage == "Production"


def test_a_run_that_goes_on_is_followed(open_page, tmp_path, visit):
    from tidefall.lifecycle.track import Tracker

    with Tracker(tmp_path) as tracker, tracker.start_run("going") as run:
        run.log_metric("loss", 1.0, 0)
        run.flush()
        page = open_page(tmp_path)
        opened = visit(page, f"run/{run.id}")
        values = opened.locator("table[aria-label=Metrics] td.number")
        expect(values).to_have_text(["1", "0"])
        run.log_metric("loss", 0.5, 1)
        run.flush()
        expect(values).to_have_text(["0.5", "1"], timeout=20_000)
