"""Pages of models, in a browser: opened from the disk, they say what Python says.

Skipped without a Chromium, and without the packages that TIDEFALL_TFJS names.
"""

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.export.tfjs.cli import main
from tidefall.export.tfjs.page.build import page_bytes, save_page
from tidefall.export.tfjs.page.runtime import runtime_folder

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
_spec = importlib.util.spec_from_file_location(
    "models_for_pages", Path(__file__).with_name("models.py")
)
models = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = models
_spec.loader.exec_module(models)
keras, layers = tf.keras, tf.keras.layers


@pytest.fixture(scope="module")
def packages():
    folder = os.environ.get("TIDEFALL_TFJS")
    if not folder:
        pytest.skip("TIDEFALL_TFJS names no folder with TensorFlow.js")
    try:
        return runtime_folder(folder)
    except tf.errors.UnavailableError as error:
        pytest.skip(error.message)


def digits():
    return models.sequence(
        (28, 28, 1), layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization(),
        layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10, "softmax"),
    )  # fmt: skip


PAGES = {
    "digits": digits,
    "mobilenet": models.GRAPHS["mobilenet"],
    "forecaster": lambda: models.sequence((12, 2), layers.LSTM(8), layers.Dense(3)),
    "encoder": models.GRAPHS["encoder"],
}


@pytest.fixture
def opened(browser, tmp_path, packages):
    views = []

    def show(model, backend, **options):
        save_page(model, tmp_path / "page", runtime=packages, **options)
        view = browser.new_page(viewport={"width": 390, "height": 844})
        views.append(view)
        problems = []
        view.on("pageerror", lambda error: problems.append(str(error)))
        view.on("request", lambda request: fetched.append(request.url))
        fetched = []
        view.goto(f"file://{tmp_path}/page/index.html?backend={backend}")
        view.wait_for_function("window.page && page.ready.then(() => true)")
        assert not problems and view.inner_text("#problem") == ""
        own = ("file://", "data:", "blob:")
        assert all(url.startswith(own) for url in fetched), fetched
        return view

    yield show
    for view in views:
        view.close()


def asked(view, model, inputs):
    given = {
        tensor.name: {"shape": list(value.shape), "values": value.ravel().tolist()}
        for tensor, value in zip(model.inputs, inputs, strict=True)
    }
    answers = view.evaluate("inputs => page.predict(inputs)", given)
    return [np.reshape(one["values"], one["shape"]) for one in answers.values()]


@pytest.mark.parametrize(("backend", "atol"), [("wasm", 1e-5), ("cpu", 1e-5), ("webgl", 1e-3)])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_python_says(opened, name, backend, atol):
    if name == "mobilenet" and backend == "cpu":
        pytest.skip("plain JavaScript takes seconds for it")
    model, inputs, outputs = models.made(PAGES[name])
    view = opened(model, backend, title=name)
    for ours, theirs in zip(asked(view, model, inputs), outputs, strict=True):
        scale = max(1.0, np.abs(theirs).max())
        np.testing.assert_allclose(ours, theirs, atol=atol * scale)


def test_drawing_by_pointer_and_labels(opened):
    model, _, _ = models.made(digits)
    labels = [f"digit {i}" for i in range(10)]
    view = opened(model, "wasm", title="Digits", about="What digit is it?", labels=labels)
    assert view.title() == "Digits"
    before = view.inner_text("#outputs")
    assert "digit" in before
    box = view.locator("canvas").bounding_box()
    view.mouse.move(box["x"] + 40, box["y"] + 30)
    view.mouse.down()
    view.mouse.move(box["x"] + 60, box["y"] + 200, steps=5)
    view.mouse.up()
    view.wait_for_function(
        "old => document.getElementById('outputs').innerText !== old", arg=before
    )
    assert "ms" in view.inner_text("#figures")
    assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.tagName") in ("INPUT", "BUTTON", "CANVAS")


def test_numbers_and_what_is_wrong_with_them(opened):
    model, _, _ = models.made(models.BOTH["dense"])
    view = opened(model, "cpu")
    view.fill("textarea", "1, 2, 3, 4")
    view.click("button[type=submit]")
    best = np.asarray(model(np.array([[1.0, 2.0, 3.0, 4.0]], "float32")))[0].max()
    says = "([id, text]) => document.getElementById(id).innerText.includes(text)"
    view.wait_for_function(says, arg=["outputs", f"{best:.3g}"[:4]])
    for text, problem in (("1, two", "not all numbers"), ("1, 2", "2 numbers")):
        view.fill("textarea", text)
        view.click("button[type=submit]")
        view.wait_for_function(says, arg=["problem", problem])


def test_the_command_and_what_it_weighs(tmp_path, packages, capsys):
    model, _, _ = models.made(digits)
    model.save(tmp_path / "digits.keras")
    (tmp_path / "labels.txt").write_text("\n".join("0123456789"))
    words = [str(tmp_path / "digits.keras"), "--out", str(tmp_path / "page")]
    words += ["--labels", str(tmp_path / "labels.txt"), "--runtime", packages]
    assert main(["page", *words]) == 0
    assert "open index.html" in capsys.readouterr().out
    assert page_bytes(str(tmp_path / "page")) < 1_500_000
    with pytest.raises(tf.errors.InvalidArgumentError, match="two numbers"):
        main(["page", *words, "--picture_range", "bright"])
    (tmp_path / "mine").mkdir()
    with pytest.raises(tf.errors.AlreadyExistsError, match="no page"):
        save_page(model, tmp_path / "mine", runtime=packages)


def test_another_runtime_is_refused(tmp_path):
    with pytest.raises(tf.errors.UnavailableError, match="npm install"):
        runtime_folder(str(tmp_path))
    dist = tmp_path / "node_modules" / "@tensorflow" / "tfjs" / "dist"
    dist.mkdir(parents=True)
    (dist / "tf.min.js").write_text("another")
    with pytest.raises(tf.errors.DataLossError, match="SHA-256"):
        runtime_folder(str(tmp_path))
