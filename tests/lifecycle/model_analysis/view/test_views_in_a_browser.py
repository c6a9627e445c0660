"""Pages of views as a real browser shows them. Skipped where there is none."""

from __future__ import annotations

import re

import pytest

from tests.lifecycle.model_analysis.evaluations import config_of
from tests.lifecycle.model_analysis.view.test_views import table
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis import view

pytestmark = pytest.mark.process


def run(browser, folder, page, *, script="", width=1200):
    """The page's elements after it was loaded from a disk, and a script of the test's own ran."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"<script>{script}</script></body>"))
    context = browser.new_context(viewport={"width": width, "height": 900})
    said = []
    try:
        shown = context.new_page()
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.goto(path.as_uri())
        assert said == []
        return shown.content()
    finally:
        context.close()


@pytest.fixture(scope="module")
def views():
    given = [m.AUC(), m.Precision(), m.ExampleCount(), m.FairnessIndicators(thresholds=[0.3, 0.5]),
             m.ConfusionMatrixPlot(), m.CalibrationPlot()]  # fmt: skip
    result = tfma.analyze_raw_data(table(1), config_of(given, slices=((), ("city",))))
    results = tfma.make_eval_results([result, result], tfma.DATA_CENTRIC_MODE)
    return {
        "slices": view.render_slicing_metrics(result, "city"),
        "runs": view.render_time_series(results),
        "plots": view.render_plot(result),
        "fairness": view.render_fairness_indicator(result),
    }


@pytest.mark.parametrize("name", ["slices", "runs", "plots", "fairness"])
def test_every_view_fits_a_narrow_screen_without_complaints(browser, views, name, tmp_path):
    script = "document.title='wide:'+(document.documentElement.scrollWidth<=innerWidth+1)"
    shown = run(browser, tmp_path, views[name].to_html(), script=script, width=500)
    assert "<title>wide:true</title>" in shown
    drawn = re.findall(r"<figure[^>]*>", shown)
    visible = [figure for figure in drawn if "hidden" not in figure]
    wanted = {"slices": 1, "runs": len(views["runs"].figures), "plots": 7, "fairness": 2}[name]
    assert len(visible) == wanted


def test_rows_are_sorted_searched_and_chosen(browser, views, tmp_path):
    script = """
    const names=()=>[...document.querySelectorAll('tbody tr')].filter(r=>!r.hidden)
      .map(r=>r.cells[0].textContent);
    const type=(e,v)=>{e.value=v;e.dispatchEvent(new Event('input'))};
    const out=[];
    const button=[...document.querySelectorAll('th button')].find(b=>b.textContent==='auc');
    button.click();out.push(names());button.click();out.push(names());
    type(find,'city:b');out.push(names());
    type(find,'');type(least,'1000000');out.push(names(),at('none').hidden);
    type(choice,'precision');
    out.push([...document.querySelectorAll('figure')].filter(f=>!f.hidden)
      .map(f=>f.dataset.group));
    document.body.dataset.out=JSON.stringify(out);
    """
    import html
    import json

    shown = run(browser, tmp_path, views["slices"].to_html(), script=script)
    found = re.search(r'data-out="([^"]*)"', shown)
    assert found is not None
    down, up, searched, none, is_hidden, figures = json.loads(html.unescape(found[1]))
    at = views["slices"].columns.index("auc") - 1
    rows = sorted(views["slices"].rows, key=lambda row: -row.numbers[at])
    assert down == [row.name for row in rows]
    assert up == down[::-1]
    assert searched == ["city:B"]
    assert (none, is_hidden) == ([], False)
    assert figures == ["precision"]
