"""What the page writes, the command line takes; what the reader drops, the page takes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.errors import ArgumentError
from byhand.mlp import MultiLayerPerceptron
from byhand.network import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    NoiseLayer,
)
from byhand.network.activations import leaky_relu
from byhand.playground import write_playground

from .driving import advance, go


def byhand(*arguments, cwd):
    """Run the command line and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "byhand", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def trained(page, address, epochs):
    go(page, address)
    for _ in range(epochs):
        advance(page, epoch=True)
    assert page.evaluate("byhand.playground.latest.epoch") == epochs


def downloaded(page, name, folder):
    with page.expect_download() as started:
        page.get_by_role("button", name=name).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_a_network_of_images_and_its_recipe(open_page, page_file, tmp_path):
    page = open_page(page_file, accept_downloads=True)
    layers = "24+leaky_relu+slope+0.2,batch_norm+relu+momentum+0.3,dropout+0.1,noise+0.2"
    layers += ",16+identity,layer_norm+tanh+epsilon+0.01"
    rate = "schedule=warmup&schedule_settings=epochs+2,then+cosine"
    aids = "max_norm=3&ema=0.9&mixup=0.2"
    trained(page, f"data=digits&layers={layers}&{rate}&{aids}&optimizer_settings=beta1+0.8", 3)
    model = downloaded(page, "Network", tmp_path)
    recipe = downloaded(page, "Recipe", tmp_path)

    held = page.evaluate("Array.from(byhand.playground.latest.held.rows)")
    shown = page.evaluate("Array.from(byhand.playground.latest.held.predictions)")
    digits = load_dataset("digits")
    images = np.concatenate([digits.train.images, digits.test.images])
    network = MultiLayerPerceptron.load(model)
    assert network.predict(images[held]).tolist() == shown
    for kept in (
        'then = "cosine"', "beta1 = 0.8", "slope = 0.2", "momentum = 0.3", "deviation = 0.2",
        "epsilon = 0.01", "max_norm = 3.0", "ema = 0.9", "mixup = 0.2",
    ):  # fmt: skip
        assert kept in recipe.read_text()
    scores = json.loads(byhand("evaluate", model, "--dataset", "digits", "--json", cwd=tmp_path))
    assert scores["accuracy"] > 0.5
    byhand("train", recipe, "--out", tmp_path / "run", cwd=tmp_path)


def test_a_network_of_points_with_its_table(open_page, page_file, tmp_path):
    page = open_page(page_file, accept_downloads=True)
    plateau = "schedule=reduce_on_plateau&schedule_settings=patience+3"
    trained(page, f"data=moons&optimizer=momentum&l2=0.0001&clip_value=0.5&{plateau}", 2)
    model, table = (downloaded(page, name, tmp_path) for name in ("Network", "Data"))
    recipe = downloaded(page, "Recipe", tmp_path)
    network = MultiLayerPerceptron.load(model)
    expected = page.evaluate("Array.from(byhand.playground.latest.parameters.W1)")
    np.testing.assert_array_equal(network.parameters["W1"].ravel(), expected)
    byhand("evaluate", model, "--dataset", table, "--part", "train", cwd=tmp_path)
    for kept in ("patience = 3", "clip_value = 0.5"):
        assert kept in recipe.read_text()
    byhand("train", recipe, "--out", tmp_path / "run", cwd=tmp_path)


def drop(page, *files):
    page.get_by_label("Files of your own").set_input_files([str(file) for file in files])


def test_a_table_an_archive_and_broken_files(open_page, page_file, tmp_path):
    page = open_page(page_file)
    rng = np.random.default_rng(0)
    table = tmp_path / "own <b>.csv"
    rows = [f"{a:.3f},{b:.3f},{'up' if a > b else 'down'}" for a, b in rng.normal(size=(80, 2))]
    table.write_text("a,b,label\n" + "\n".join(rows))
    drop(page, table)
    page.wait_for_function("() => byhand.playground.data.n === 80")
    assert page.evaluate("byhand.playground.data.classes") == ["down", "up"]
    assert page.locator(".tile b").count() == 0

    archive = tmp_path / "images.npz"
    images = rng.integers(0, 256, (60, 5, 5), dtype=np.uint8)
    np.savez_compressed(archive, x=images, y=np.arange(60) % 3)
    drop(page, archive)
    page.wait_for_function("() => byhand.playground.data.inputs === 25")
    np.testing.assert_array_equal(
        page.evaluate("Array.from(byhand.playground.data.x)"), images.ravel()
    )

    broken = tmp_path / "broken.npz"
    broken.write_bytes(archive.read_bytes()[:200])
    drop(page, broken)
    page.wait_for_function(
        "() => /directory/.test(document.querySelector('[role=alert]').textContent)"
    )
    drop(page, table)
    page.wait_for_function("() => byhand.playground.data.n === 80")


@pytest.mark.parametrize("loss", [None, "squared_error"])
def test_a_trained_network_continues_training_in_the_page(open_page, tmp_path, loss):
    digits = load_dataset("digits")
    network = MultiLayerPerceptron(
        [
            InputLayer(64),
            DenseLayer(20, leaky_relu(0.3)),
            BatchNormLayer("gelu", epsilon=0.1),
            NoiseLayer(0.1),
            DenseLayer(20, "identity"),
            LayerNormLayer("relu", epsilon=0.01),
            DenseLayer(10, "softmax"),
        ],
        seed=0, loss=loss, class_names=list("0123456789"),
    )  # fmt: skip
    network.fit(digits.train.images, digits.train.labels, epochs=3, verbose=0)
    page = open_page(write_playground(tmp_path, [digits], network))
    page.wait_for_function("() => byhand.playground.latest?.held.rows.length > 0")
    images = np.concatenate([digits.train.images, digits.test.images])
    held = page.evaluate("Array.from(byhand.playground.latest.held.rows)")
    shown = page.evaluate("Array.from(byhand.playground.latest.held.predictions)")
    assert network.predict(images[held]).tolist() == shown


def test_the_command_writes_the_page(tmp_path):
    path = tmp_path / "play.html"
    said = json.loads(byhand("playground", "--no-open", "--out", path, "--json", cwd=tmp_path))
    assert said == {"playground": str(path)}
    assert "worker-src blob:" in path.read_text()


def test_a_network_with_a_custom_activation_is_refused(tmp_path):
    own = (lambda z: z, np.ones_like)
    network = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(4, own), DenseLayer(10, "softmax")], seed=0
    )
    with pytest.raises(ArgumentError, match="cannot continue with this network"):
        write_playground(tmp_path, [load_dataset("digits")], network)


def test_a_network_with_a_layer_that_the_page_lacks_is_refused(tmp_path):
    class OwnLayer(DropoutLayer):
        kind = "of_my_own"

    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(8), OwnLayer(0.2), DenseLayer(10, "softmax")], seed=0
    )
    with pytest.raises(ArgumentError, match="it has no of_my_own"):
        write_playground(tmp_path, [load_dataset("digits")], net)


# A film ends by itself after a while, which a busy machine may need for a few steps.
END_THE_FILM = """() => {
  const buttons = [...document.querySelectorAll("button")];
  buttons.find(({ textContent }) => /End the film/.test(textContent))?.click();
}"""


def test_a_picture_and_a_film(open_page, page_file, tmp_path):
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    page = open_page(page_file, accept_downloads=True)
    picture = downloaded(page, "Picture (PNG)", tmp_path)
    with Image.open(picture) as image:
        assert image.size == (520, 520)
        assert len(image.convert("RGB").getcolors(520 * 520)) > 100
    with page.expect_download() as started:
        page.get_by_role("button", name="Film (WebM)").click()
        page.wait_for_function("() => byhand.playground.latest?.step > 300")
        page.evaluate(END_THE_FILM)
    film = tmp_path / started.value.suggested_filename
    started.value.save_as(film)
    assert film.read_bytes()[:4] == b"\x1aE\xdf\xa3"  # the mark of Matroska and WebM
    # The browser itself decodes the film: how large it is, and that its frames differ.
    checked = page.context.new_page()
    size, moves = checked.evaluate(
        """async (film) => {
          const video = document.createElement("video");
          video.src = `data:video/webm;base64,${film}`;
          video.muted = true;
          const frames = new Set();
          const canvas = new OffscreenCanvas(64, 64).getContext("2d", { willReadFrequently: true });
          const look = () => {
            canvas.drawImage(video, 0, 0, 64, 64);
            frames.add(canvas.getImageData(0, 0, 64, 64).data.reduce((a, b) => a + b, 0));
          };
          await new Promise((resolve) => { video.onloadeddata = resolve; });
          look(); // at the first frame and the last, even if there is no time for others
          await video.play();
          while (!video.ended) {
            look();
            await new Promise((resolve) => setTimeout(resolve, 30));
          }
          look();
          return [[video.videoWidth, video.videoHeight], frames.size];
        }""",
        base64.b64encode(film.read_bytes()).decode(),
    )
    assert size == [520, 520]
    assert moves > 1
