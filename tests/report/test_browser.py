"""The page in a real browser, opened from disk with the network off."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib

import numpy as np
import pytest

from byhand.data import Part, Preparation, read_image
from byhand.data.proportions import proportions
from byhand.data.resample import ink_box
from byhand.data.stroke_width import stroke_widths
from byhand.evaluation import Doubt, Subject
from byhand.evaluation.doubt import LEAST_CONFIDENCE
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.report import write_report
from byhand.report.page import module_name, module_paths, module_source, source_hash

from .conftest import repainted

SECTIONS = ["draw", "why", "curves", "mistakes", "network", "trace", "doctor", "run"]


def draw_with_mouse(page, strokes):
    """Draw strokes in a box of 100 x 100 with the mouse."""
    page.locator("#box").scroll_into_view_if_needed()
    box = page.locator("#box").bounding_box()
    scale = box["width"] / 100
    for stroke in strokes:
        points = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    repainted(page)


def circle(x, y, width, height, start=0.0):
    angles = np.linspace(start, start + 2 * np.pi, 18)
    return [(x + width * np.cos(a), y + height * np.sin(a)) for a in angles]


ZERO = [circle(50, 50, 20, 31, -1.6)]
SEVEN = [[(28, 22), (50, 20), (72, 20), (56, 50), (47, 84)]]


def answer(page):
    return page.locator("#verdict").inner_text().split()[0]


# --- drawing ------------------------------------------------------------------------------------


def test_an_empty_box_says_nothing_drawn(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#clear").click()
    page.locator("#verdict .answer").filter(has_text="Nothing drawn").wait_for()


def test_the_page_starts_with_an_example_and_the_first_stroke_replaces_it(digits_report, open_page):
    page = open_page(digits_report.path)
    began_with = answer(page)
    draw_with_mouse(page, ZERO)
    assert (began_with, answer(page)) == ("3", "0")


def test_a_stroke_drawn_with_the_mouse_gives_the_digit(digits_report, open_page):
    page = open_page(digits_report.path)
    draw_with_mouse(page, ZERO)
    assert answer(page) == "0"


def test_strokes_on_mnist_give_their_digits(mnist_report, open_page):
    page = open_page(mnist_report.path)
    draw_with_mouse(page, ZERO)
    first = answer(page)
    page.locator("#clear").click()
    draw_with_mouse(page, SEVEN)
    assert (first, answer(page)) == ("0", "7")


def test_a_move_of_the_pen_puts_no_element_into_the_page(mnist_report, open_page):
    """Only texts and pixels change, because new elements cost most of a redraw."""
    page = open_page(mnist_report.path)
    draw_with_mouse(page, [ZERO[0][:9]])
    page.evaluate(
        """() => {
          window.made = [];
          new MutationObserver((records) => {
            const nodes = records.flatMap(({ addedNodes }) => [...addedNodes]);
            made.push(...nodes.filter((node) => node.outerHTML).map((node) => node.outerHTML));
          }).observe(document.querySelector("main"), { childList: true, subtree: true });
          window.moves = 0;
          byhand.shown.watch(() => { moves += 1; });
        }"""
    )
    box = page.locator("#box").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 60 + 6 * step, box["y"] + 60 + 9 * step)
        repainted(page)
    assert page.evaluate("moves") > 3
    assert page.evaluate("made") == []
    page.mouse.up()


def test_undo_takes_back_one_stroke_and_clear_all(digits_report, open_page):
    page = open_page(digits_report.path)
    draw_with_mouse(page, [*ZERO, [(10, 10), (90, 90)]])
    page.locator("#undo").click()
    repainted(page)
    after_undo = answer(page)
    page.locator("#clear").click()
    repainted(page)
    assert (after_undo, answer(page)) == ("0", "Nothing")


def test_examples_give_their_digits_and_a_house_is_doubted(mnist_report, open_page):
    page = open_page(mnist_report.path)
    buttons = page.locator(".examples button")
    said = []
    for place in range(10):
        buttons.nth(place).click()
        repainted(page)
        said.append(answer(page))
    buttons.nth(10).click()
    repainted(page)
    assert sum(a == str(k) for k, a in enumerate(said)) >= 9
    assert "does not look like the training data" in page.locator("#verdict").inner_text()
    assert "?" in page.locator(".box .chip").inner_text()


def test_a_click_without_movement_leaves_a_dot(digits_report, open_page):
    page = open_page(digits_report.path)
    empty = "!byhand.drawing.value"
    page.locator("#clear").click()
    box = page.locator("#box").bounding_box()
    page.mouse.click(box["x"] + 100, box["y"] + 100)
    repainted(page)
    blank_after_click = page.evaluate(empty)
    page.locator("#clear").click()
    page.locator("#box").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    repainted(page)
    assert (blank_after_click, page.evaluate(empty)) == (False, False)


def test_the_hint_shows_whenever_nothing_is_drawn(digits_report, open_page):
    page = open_page(digits_report.path)
    hint = page.locator(".box .hint")
    assert "first stroke replaces it" in hint.inner_text()
    page.locator("#undo").click()
    hint.filter(has_text="Draw a digit here").wait_for()
    paper = np.random.default_rng(0).integers(190, 200, (90, 90), np.uint8)
    give(page, paper)
    page.locator("#draw [role=status]").filter(has_text="No ink stands out").wait_for()
    assert hint.is_visible()


def test_copying_with_the_command_key_keeps_the_drawing(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#box").focus()
    page.keyboard.press("Meta+c")
    repainted(page)
    kept = answer(page)
    page.keyboard.press("Shift+C")
    repainted(page)
    assert (kept, answer(page)) == ("3", "Nothing")


def test_without_a_drawing_no_section_keeps_it(digits_report, open_page):
    page = open_page(digits_report.path)
    own = page.locator("#network .chosen button").filter(has_text="My drawing")
    own.click()
    chosen = page.locator("#network .chosen b")
    shown = chosen.inner_text()
    page.locator("#clear").click()
    repainted(page)
    assert own.is_disabled()
    assert (shown, chosen.inner_text()[:10]) == ("Your drawing", "Test image")


def test_a_second_finger_draws_nothing(digits_report, open_page):
    page = open_page(digits_report.path, width=390, has_touch=True, is_mobile=True)
    page.locator("#clear").click()
    page.locator("#box").scroll_into_view_if_needed()
    box = page.locator("#box").bounding_box()
    session = page.context.new_cdp_session(page)

    def touch(kind, *points):
        places = [{"x": box["x"] + x, "y": box["y"] + y, "id": finger} for finger, x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (0, 40, 40))
    touch("touchStart", (0, 40, 40), (1, 250, 200))
    for down in range(50, 200, 10):
        touch("touchMove", (0, 40, down), (1, 250, 200 - down / 2))
    touch("touchEnd")
    repainted(page)
    right_half = page.evaluate(
        """() => document.querySelector("#box").getContext("2d")
          .getImageData(140, 0, 140, 280).data.some((part) => part > 0)"""
    )
    assert answer(page) != "Nothing"
    assert not right_half


def test_a_finger_draws_and_the_page_does_not_scroll(digits_report, open_page):
    page = open_page(digits_report.path, width=390, has_touch=True, is_mobile=True)
    page.locator("#box").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    box = page.locator("#box").bounding_box()
    session = page.context.new_cdp_session(page)
    points = [
        (box["x"] + x * box["width"] / 100, box["y"] + y * box["width"] / 100) for x, y in ZERO[0]
    ]
    for n, (x, y) in enumerate(points):
        kind = "touchMove" if n else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    repainted(page)
    assert answer(page) == "0"
    assert page.evaluate("scrollY") == before


def png(image):
    """A grey image as the bytes of a PNG file."""
    height, width = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in image)

    def chunk(kind, body):
        check = zlib.crc32(kind + body).to_bytes(4, "big")
        return len(body).to_bytes(4, "big") + kind + body + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def give(page, image):
    """Choose a picture file, as the button does."""
    file = {"name": "p.png", "mimeType": "image/png", "buffer": png(image)}
    page.locator("input[type=file]").set_input_files(file)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_a_picture_from_a_file_is_read_as_a_drawing(mnist_report, open_page, paper):
    """Dark ink on light, uneven paper and light ink on black both give the label."""
    page = open_page(mnist_report.path)
    test = mnist_report.data.test
    place = int(np.argmax(mnist_report.network.predict_proba(test.images)[:, 3]))
    ink = np.kron(test.images[place], np.ones((10, 10))).astype(float)
    shade = np.linspace(0, 25, ink.shape[1])
    image = np.clip(240 - shade - ink * 0.75, 0, 255) if paper == "light" else ink
    page.locator("#clear").click()
    give(page, image.astype(np.uint8))
    page.locator("#verdict .answer").filter(has_text="with").wait_for()
    assert answer(page) == "3"
    assert page.locator(".stage").filter(has_text="Clean").count() == (paper == "light")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(mnist_report, open_page, way):
    page = open_page(mnist_report.path)
    test = mnist_report.data.test
    place = int(np.argmax(mnist_report.network.predict_proba(test.images)[:, 7]))
    ink = np.kron(test.images[place], np.ones((10, 10))).astype(np.uint8)
    page.locator("#clear").click()
    page.evaluate(
        """([bytes, way]) => {
          const files = new DataTransfer();
          files.items.add(new File([Uint8Array.from(bytes)], "p.png", { type: "image/png" }));
          const event = way === "drop"
            ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
          (way === "drop" ? document.querySelector("#draw canvas") : document).dispatchEvent(event);
        }""",
        [list(png(ink)), way],
    )
    page.locator("#verdict .answer").filter(has_text="with").wait_for()
    assert answer(page) == "7"


def test_a_drop_anywhere_is_caught_and_a_file_of_text_is_refused_in_words(digits_report, open_page):
    page = open_page(digits_report.path)
    drop = """(type) => {
      const files = new DataTransfer();
      files.items.add(new File(["words"], "file", { type }));
      const options = { dataTransfer: files, bubbles: true, cancelable: true };
      return ["dragover", "drop"].map((name) => !document.querySelector("#doctor")
        .dispatchEvent(new DragEvent(name, options)));
    }"""
    note = page.locator("#draw [role=status]").filter(has_text="picture")
    assert page.evaluate(drop, "text/plain") == [True, True]
    note.filter(has_text="is not a picture").wait_for()
    page.evaluate(drop, "image/png")
    note.filter(has_text="could not be read as a picture").wait_for()
    page.locator("#clear").click()
    note.wait_for(state="detached")


READ = """async ([preparation, base64]) => {
  const { box, prepare } = byhand.modules;
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const file = new File([bytes], "p.png", { type: "image/png" });
  const picture = prepare.inkOfPicture(await box.readPicture(file), preparation);
  return Array.from(prepare.prepare(preparation, picture.ink, { picture }).pixels);
}"""


def read_in_page(page, preparation, file):
    """The image that the page makes of a picture, an array or the bytes of a file."""
    content = file if isinstance(file, bytes) else png(file)
    pixels = page.evaluate(READ, [preparation.config(), base64.b64encode(content).decode()])
    return np.reshape(pixels, preparation.shape)


@pytest.mark.parametrize("noise", [0, 6])
@pytest.mark.parametrize("ground", [225, 240, 255])
def test_the_background_of_a_garment_is_cleared(digits_report, open_page, ground, noise):
    """A T of two greys gives the same image on grey paper as on empty paper."""
    page = open_page(digits_report.path)
    garment = Preparation("garment", 28, 28, box=(28, 28))
    shape = np.zeros((28, 28), np.uint8)
    shape[2:9, 3:25], shape[9:28, 9:19] = 200, 90
    ink = np.kron(shape, np.ones((10, 10)))
    paper = ground * (1 - ink / 255) + np.random.default_rng(0).normal(0, noise, ink.shape)
    cleared = read_in_page(page, garment, np.clip(paper.round(), 0, 255).astype(np.uint8))
    expected = read_in_page(page, garment, ink.astype(np.uint8))
    assert expected.max() == 200
    assert np.abs(cleared - expected).mean() < 4
    assert np.abs(cleared - expected)[expected == 0].mean() < 1


def pictures():
    """Pictures of many kinds, as from a camera or a scanner."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:300, :240]
    ring = np.abs(np.hypot(y - 150, x - 110) - 60) < 9
    thin = np.abs(np.hypot(y - 150, x - 110) - 60) < 2
    paper = 220 - 0.3 * x + rng.normal(0, 4, x.shape)
    lines = np.where(y % 40 < 2, 0.75, 1)
    large = np.kron(paper * (1 - 0.7 * ring), np.ones((5, 5)))
    shown = {
        "drawing": 255.0 * ~ring,
        "light drawing": 255.0 * ring,
        "thick drawing": 255.0 * ~(np.abs(np.hypot(y - 150, x - 110) - 60) < 26),
        "thin drawing": 255.0 * ~thin,
        "wide drawing": 255.0 * (np.abs(np.hypot(x - 110, 1.7 * (y - 150)) - 90) < 9),
        "photograph": paper * (1 - 0.7 * ring),
        "ruled": paper * lines * (1 - 0.7 * ring),
        "squared": paper
        * np.minimum(lines, np.where((x + y // 30) % 37 < 3, 0.7, 1))
        * (1 - 0.6 * ring),
        "sharp shadow": paper * np.where(x + y / 3 > 150, 0.5, 1) * (1 - 0.7 * ring),
        "thin pen": paper * (1 - 0.7 * thin),
        "chalk": 60 + 120 * ring + rng.normal(0, 5, x.shape),
        "tall": large + rng.normal(0, 4, large.shape),
        "table": np.where((x > 20) & (y > 25), paper * (1 - 0.7 * ring), 70),
        "faint beside a table": np.where((x < 225) & (y < 285), paper * (1 - 0.35 * thin), 30),
        "own size": 9.0 * y[:28, :28],
        "own size, light": 255 - 9.0 * (y * (x % 2))[:28, :28],
        "tiny": rng.integers(0, 256, (5, 7)),
    }
    return {name: np.clip(one, 0, 255).astype(np.uint8) for name, one in shown.items()}


@pytest.mark.parametrize(
    "way",
    [
        Preparation("mnist"),
        Preparation("mnist", ink="dark"),
        Preparation("mnist", cuts_all=True),
        Preparation("digits", 8, 8),
        Preparation("garment", 28, 28, box=(28, 28)),
        Preparation("strokes", 32, 32, box=(24, 24)),
        Preparation("strokes", 32, 28, box=(24, 20), stroke=1.8, widest=0.9),
        Preparation("strokes", 32, 26, box=(20, 20), centre="mass"),
        Preparation("plain", 26, 20, box=(20, 15)),
        Preparation("plain", 26, 20, ink="mixed"),
    ],
    ids=str,
)
def test_a_picture_gives_in_the_page_what_it_gives_in_python(digits_report, open_page, way):
    """They agree to one grey level. The page computes exactly; only file decoders may differ."""
    page = open_page(digits_report.path)
    for name, picture in pictures().items():
        there, here = read_in_page(page, way, picture), way(picture)
        assert np.abs(there.astype(int) - here).max() <= 1, name


def test_drawn_strokes_are_as_wide_as_in_training_however_small_the_drawing(
    digits_report, open_page
):
    page = open_page(digits_report.path)
    widths = page.evaluate(
        """(way) => {
          const { box, drawing } = byhand.modules;
          const zigzag = [[20, 20], [80, 20], [30, 50], [80, 80]];
          return [[8, 1], [24, 1], [44, 1], [24, 0.15], [24, 0.05]].map(([pen, scale]) => {
            const one = new box.Box({ pen, changed() {}, rested() {} });
            one.draw([zigzag.map(([x, y]) => [10 + x * scale, 10 + y * scale])]);
            return Array.from(drawing.prepared(one, way, 255).pixels);
          });
        }""",
        Preparation("mnist").config(),
    )
    found = stroke_widths(np.reshape(widths, (5, 28, 28)).astype(np.uint8))
    np.testing.assert_allclose(found, Preparation("mnist").stroke, rtol=0.15)


def test_strokes_drawn_wide_are_narrowed_as_the_picture_of_them_is_in_python(
    digits_report, open_page
):
    page = open_page(digits_report.path)
    way = Preparation("mnist")
    picture, pixels = page.evaluate(
        """(way) => {
          const { box, drawing } = byhand.modules;
          const one = new box.Box({ pen: 24, changed() {}, rested() {} });
          one.draw([[[10, 30], [82, 38], [18, 56], [86, 62]]]);
          const ink = one.read();
          const { pixels } = drawing.prepared(one, way, 255);
          return [Array.from(ink), Array.from(pixels)];
        }""",
        way.config(),
    )
    picture, drawn = np.uint8(picture).reshape(280, 280), np.uint8(pixels).reshape(28, 28)
    box = ink_box(picture)

    assert proportions(drawn) < proportions(picture[box]) * 0.75
    assert proportions(drawn) == pytest.approx(proportions(way(picture)), rel=0.05)


def test_a_photograph_is_turned_upright_as_in_python(digits_report, open_page, tmp_path):
    pillow = pytest.importorskip("PIL.Image")
    exif = pillow.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    lying = pictures()["drawing"][:, 90:]
    pillow.fromarray(lying).save(tmp_path / "a.png", exif=exif)
    page = open_page(digits_report.path)
    way = Preparation("mnist")
    shown = read_in_page(page, way, (tmp_path / "a.png").read_bytes())
    np.testing.assert_array_equal(shown, way(read_image(tmp_path / "a.png")))
    np.testing.assert_array_equal(shown, way(np.rot90(lying, -1)))


def test_photographs_give_their_digit(mnist_report, open_page):
    """The paper is shaded or grey, or a board with chalk; all pictures are taller than wide."""
    page = open_page(mnist_report.path)
    test = mnist_report.data.test
    place = int(np.argmax(mnist_report.network.predict_proba(test.images)[:, 5]))
    ink = np.pad(np.kron(test.images[place], np.ones((12, 12))) / 255, ((150, 250), (60, 60)))
    noise = np.random.default_rng(0).normal(0, 4, ink.shape)
    shade = np.linspace(1, 0.6, ink.shape[1])
    for grey in (230 * shade * (1 - 0.7 * ink), 120 * (1 - 0.6 * ink), 50 + 140 * ink):
        page.locator("#clear").click()
        page.locator("#verdict .answer").filter(has_text="Nothing drawn").wait_for()
        give(page, np.clip(grey + noise, 0, 255).astype(np.uint8))
        page.locator("#verdict .answer").filter(has_text="with").wait_for()
        assert answer(page) == "5"
        page.locator("#draw [role=status]").filter(has_text="Read as a photograph").wait_for()


def test_the_page_prepares_as_the_model_tells(tmp_path, open_page):
    """Networks on non-square images of dark ink get inputs like those of their training."""
    rng = np.random.default_rng(0)
    images = np.full((40, 26, 20), 240, np.uint8)
    for number, image in enumerate(images):
        image[6:20, 3 if number % 2 else 12 :][:, :5] = rng.integers(10, 40)
    part = Part(images, np.arange(40) % 2)
    network = MultiLayerPerceptron([InputLayer(520), DenseLayer(2, "softmax")], seed=0)
    way = Preparation.for_images(images)
    network.facts["preparation"] = way.config()
    network.fit(part.images, part.labels, epochs=5, verbose=0)
    path = write_report(tmp_path, Subject(network, part, name="bars", train=part))
    page = open_page(path)
    assert page.evaluate("byhand.header.data.preparation") == way.config()
    assert way.ink == "dark"
    np.testing.assert_array_equal(read_in_page(page, way, images[0]), images[0])
    give(page, np.kron(images[1], np.ones((9, 9), np.uint8)))
    page.locator(".stage").filter(has_text="Invert").wait_for()


def from_hex(text):
    return np.frombuffer(bytes.fromhex(text), np.uint8)


@pytest.mark.parametrize("way", [Preparation("mnist"), Preparation("digits", 8, 8)])
def test_drawings_are_prepared_as_the_library_prepares_them(digits_report, open_page, way):
    page = open_page(digits_report.path)
    rng = np.random.default_rng(0)
    for pen in (8, 15, 24, 44):
        strokes = (10 + 80 * rng.random((2, 5, 2))).round(2).tolist()
        ink, shown = page.evaluate(
            """([way, pen, strokes]) => {
              const { box, prepare } = byhand.modules;
              const one = new box.Box({ pen, changed() {}, rested() {} });
              one.draw(strokes);
              const ink = one.read();
              const done = prepare.prepare(way, ink);
              const hex = (byte) => byte.toString(16).padStart(2, "0");
              const text = (bytes) => Array.from(bytes, hex).join("");
              return [text(ink), done.stages.map((s) => [text(s.pixels), s.shape])];
            }""",
            [way.config(), pen, strokes],
        )
        image = from_hex(ink).reshape(280, 280)
        for (pixels, shape), expected in zip(shown, way.steps(image).values(), strict=True):
            np.testing.assert_array_equal(from_hex(pixels).reshape(shape), expected)


# --- arithmetic ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digits_report", "mnist_report"])
def test_probabilities_of_100_test_images_are_the_library_s(name, request, open_page):
    report = request.getfixturevalue(name)
    page = open_page(report.path)
    images = report.data.test.images[:100].reshape(100, -1)
    shown = page.evaluate(
        "(images) => images.map((image) => Array.from(byhand.network.predict(image)))",
        images.tolist(),
    )
    np.testing.assert_allclose(shown, report.network.predict_proba(images), rtol=0, atol=1e-5)


def test_the_page_doubts_what_the_library_doubts(digits_report, open_page, tmp_path):
    network, data = digits_report.network.copy(), digits_report.data
    doubt = Doubt.fit(network, data.train.images, data.train.labels, data.test.images)
    network.facts["doubt"] = doubt.config()
    page = open_page(write_report(tmp_path, Subject(network, data.test, train=data.train)))
    noise = np.random.default_rng(0).integers(0, 256, (100, 8, 8), dtype=np.uint8)
    images = np.concatenate([data.test.images[:200], noise])
    said = page.evaluate(
        """(images) => {
          const { network, modules, header } = byhand;
          const doubt = modules.doubt.buildDoubt(header.doubt);
          return images.map((pixels) => {
            const forward = network.forward(network.scale(Uint8Array.from(pixels)));
            return doubt(network.probabilities(forward), pixels, [8, 8]);
          });
        }""",
        images.reshape(300, 64).tolist(),
    )
    assert said == doubt.about(network, images)
    assert {"", "strange"} <= set(said)
    page.locator("#clear").click()
    lines = [[(k, 10), (k, 90)] for k in (30, 70)] + [[(10, k), (90, k)] for k in (30, 70)]
    draw_with_mouse(page, lines)
    page.locator("#verdict .doubt").filter(has_text="does not look like").wait_for()
    page.locator(".chip.doubted").wait_for()


def test_a_strange_image_with_near_neighbours_is_explained(digits_report, open_page):
    """Its distance alone would contradict the doubt beside it."""
    page = open_page(digits_report.path)
    usual, near, far = page.evaluate(
        """() => {
          const { prediction } = new byhand.modules.reply.Reply(byhand, ["", ""]);
          const usual = prediction.distanceWords(0);
          prediction.isStrange = true;
          return [usual, prediction.distanceWords(0), prediction.distanceWords(1e9)];
        }"""
    )
    assert near.startswith(usual)
    assert near.endswith("but the shapes are not those of the training data.")
    assert "shapes" not in usual + far


def test_without_a_stored_doubt_a_low_confidence_is_unsure(digits_report, open_page):
    """`byhand predict` gives the same answer."""
    assert "doubt" not in digits_report.network.facts
    page = open_page(digits_report.path)
    said = page.evaluate(
        """(values) => {
          const { prediction } = new byhand.modules.reply.Reply(byhand, ["", ""]);
          const near = byhand.pictures.trainPixels(0);
          return values.map((p) => prediction.doubted([p, 1 - p], near));
        }""",
        [0.45, LEAST_CONFIDENCE - 0.01, LEAST_CONFIDENCE + 0.01],
    )

    assert said == ["unsure", "unsure", ""]


def test_the_prediction_makes_room_for_ink_in_its_corner(digits_report, open_page):
    page = open_page(digits_report.path)
    chip = page.locator(".box .chip")
    draw_with_mouse(page, SEVEN)
    assert "aside" not in chip.get_attribute("class")
    draw_with_mouse(page, [[(70, 8), (95, 8), (85, 40)]])
    assert "aside" in chip.get_attribute("class")
    page.locator("#clear").click()
    draw_with_mouse(page, SEVEN)
    assert "aside" not in chip.get_attribute("class")


def test_nearest_images_follow_the_pen_less_often_and_are_right_when_it_rests(
    digits_report, open_page
):
    page = open_page(digits_report.path)
    page.evaluate(
        """() => {
          const { nearest: { Nearest } } = byhand.modules;
          window.shown = [];
          const original = Nearest.prototype.show;
          Nearest.prototype.show = function (pixels) {
            window.shown.push(performance.now());
            window.last = pixels;
            return original.call(this, pixels);
          };
        }"""
    )
    box = page.locator("#box").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(30):
        page.mouse.move(box["x"] + 60 + 4 * step, box["y"] + 60 + 5 * step)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    page.wait_for_function("() => window.last === byhand.shown.value.pixels")  # held still, too
    shown = page.evaluate("() => window.shown")  # milliseconds, however slowly the pen was moved
    assert len(shown) >= 2
    assert np.median(np.diff(shown)) > 80
    page.mouse.up()
    assert page.evaluate("() => window.last === byhand.shown.value.pixels")


def test_every_gradient_in_the_trace_agrees_with_its_finite_difference(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    verdicts = page.locator("#checks tr td:last-child").all_inner_texts()
    assert len(verdicts) >= 12
    assert all("✓" in text or "kink" in text for text in verdicts)


# --- mistakes -----------------------------------------------------------------------------------


def test_a_confusion_cell_opens_exactly_its_images_worst_first(digits_report, open_page):
    report = digits_report
    page = open_page(report.path)
    probabilities = report.network.predict_proba(report.data.test.images)
    guesses, labels = probabilities.argmax(axis=1), report.data.test.labels
    wrong = np.flatnonzero(guesses != labels)
    label, guess = int(labels[wrong[0]]), int(guesses[wrong[0]])
    for a, b in [(label, guess), (3, 3)]:
        page.locator(f'.confusion [data-label="{a}"][data-predicted="{b}"]').click()
        shown = page.locator("#gallery .thumb").evaluate_all(
            "all => all.map(b => Number(b.dataset.number))"
        )
        behind = np.flatnonzero((labels == a) & (guesses == b))
        assert sorted(shown) == behind.tolist()
        truths = probabilities[shown, a]
        assert (np.diff(truths) >= -1e-6).all()


def test_search_finds_an_image_by_its_number(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#by-number").fill("5")
    page.keyboard.press("Enter")
    assert page.locator("#gallery .thumb").count() == 1
    assert page.locator("#gallery .thumb").get_attribute("data-number") == "5"


@pytest.mark.parametrize("wish", ["1.5", "-1", "100000"])
def test_search_refuses_anything_but_the_number_of_an_image(digits_report, open_page, wish):
    page = open_page(digits_report.path)
    page.locator("#by-number").fill(wish)
    page.keyboard.press("Enter")
    words = page.locator("#behind [aria-live]").inner_text()
    assert "Expected an integer from 0 to" in words
    page.locator("#only-mistakes").uncheck()
    assert page.locator("#by-number").input_value() == ""


def test_search_by_label_and_prediction_narrow_the_gallery(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#only-mistakes").uncheck()
    page.locator("#by-label").select_option("4")
    labels = page.locator("#gallery .thumb").evaluate_all("all => all.map(b => b.dataset.label)")
    assert set(labels) == {"4"}


# --- units --------------------------------------------------------------------------------------


def test_choosing_a_unit_tells_about_it(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#order").select_option("most often silent")
    words = page.locator("#unit").inner_text()
    silent = (digits_report.network.forward(digits_report.data.test.images)["A1"] == 0).mean(axis=0)
    assert f"{100 * silent.max():.1f}" in words
    assert "accuracy without it" in words


def test_a_unit_chosen_in_the_diagram_moves_the_selectors(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#order").select_option("most accuracy lost without it")
    page.locator("#diagram").focus()
    page.keyboard.press("PageDown")
    lost = page.locator("#order option").filter(has_text="most accuracy lost")
    assert page.locator("#layer").input_value() == "2"
    assert lost.is_disabled()
    page.keyboard.press("ArrowUp")
    repainted(page)
    assert "Hidden layer 1" in page.locator("#unit h3").inner_text()
    assert not lost.is_disabled()


@pytest.mark.parametrize("wish", ["-3", "0", "1e9"])
def test_the_trace_refuses_a_learning_rate_without_sense(digits_report, open_page, wish):
    page = open_page(digits_report.path)
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    page.locator("#rate").fill(wish)
    page.keyboard.press("Tab")
    assert 0 < float(page.locator("#rate").input_value()) <= 100
    assert "learning rate must lie between" in page.locator("#trace").inner_text()


# --- curves -------------------------------------------------------------------------------------


def test_curves_answer_pointer_and_keys_with_values(digits_report, open_page):
    page = open_page(digits_report.path)
    chart = page.locator("#curves .chart").first
    chart.focus()
    page.keyboard.press("Home")
    first = f"{digits_report.history['loss'][0]:.4g}"
    assert first in page.locator("#curves .legend").first.inner_text()
    width = chart.bounding_box()["width"]
    chart.hover(position={"x": width - 15, "y": 50})
    last = str(float(f"{digits_report.history['loss'][-1]:.4g}"))
    assert last in page.locator("#curves .legend").first.inner_text()


# --- tables -------------------------------------------------------------------------------------


def test_a_row_of_a_table_is_typed_and_answered(table_report, open_page):
    page = open_page(table_report.path)
    fields = page.locator("#draw input[type=number]")
    assert page.locator("#sections a").first.inner_text() == "Try"
    assert fields.count() == 3
    for place, value in enumerate(["9", "9", "9"]):
        fields.nth(place).fill(value)
    high = answer(page)
    for place, value in enumerate(["-9", "-9", "-9"]):
        fields.nth(place).fill(value)
    low = answer(page)
    fields.nth(0).fill("")
    assert {high, low} == {"large", "small"}
    assert "Every field needs a number" in page.locator("#verdict").inner_text()
    assert "width = " in page.locator("#gallery .thumb, #mistakes .chosen").first.inner_text()


def test_held_out_rows_are_called_so_and_never_images(table_report, open_page):
    page = open_page(table_report.path)
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    words = page.locator("main").inner_text().lower()
    assert "validation rows" in words
    assert "slightly optimistic" in words
    assert "l2 penalty" in words
    assert not re.findall(r"[^.\n]*(?:images?\b|test row|pixel)[^.\n]*", words)


# --- for everybody ------------------------------------------------------------------------------


def focused_by_tab(page, most=400):
    """The elements that Tab reaches from the top of the page, in order."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id || document.activeElement.className")
        seen.append(here)
        if here == "diagram":
            break
    return seen


def test_the_page_is_used_by_keyboard_alone(digits_report, open_page):
    page = open_page(digits_report.path)
    assert {"theme", "box", "undo", "clear", "pen", "by-label", "diagram"} <= set(
        focused_by_tab(page)
    )
    before = page.locator("#unit h3").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#unit h3").inner_text() != before


def test_the_pen_is_moved_by_keys(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#box").focus()
    for key, times in [("ArrowUp", 10), ("Space", 1), ("ArrowDown", 20), ("Space", 1)]:
        for _ in range(times):
            page.keyboard.press(key)
    repainted(page)
    drawn = answer(page)
    page.keyboard.press("c")
    repainted(page)
    assert re.fullmatch(r"\d", drawn)
    assert answer(page) == "Nothing"


def test_arrow_keys_walk_through_the_confusion_matrix(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator('.confusion [tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator('.confusion [aria-pressed="true"]').get_attribute("data-label") == "1"
    assert page.locator("#by-prediction").input_value() == "1"


@pytest.mark.parametrize("width", [320, 390, 1280, 1920])
def test_nothing_overflows_the_page_and_no_panel_is_empty(digits_report, open_page, width):
    page = open_page(digits_report.path, width=width)
    page.locator(".examples button").first.click()
    for section in SECTIONS:
        page.locator(f"#{section}").scroll_into_view_if_needed()
        repainted(page)
        assert page.locator(f"#{section} h2, #{section} h1").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") == width
    empty = page.evaluate(
        "[...document.querySelectorAll('.card')].filter((c) => c.offsetHeight < 40).length"
    )
    assert empty == 0


def test_the_navigation_marks_the_last_section_at_the_end(digits_report, open_page):
    page = open_page(digits_report.path)
    page.locator("#trace").scroll_into_view_if_needed()
    page.wait_for_selector("#checks td")
    page.evaluate("scrollTo({ top: 1e6, behavior: 'instant' })")
    page.locator('#sections a[aria-current="true"]').filter(has_text="Run").wait_for()


def test_letters_on_any_shade_can_be_read(digits_report, open_page):
    page = open_page(digits_report.path)
    least = page.evaluate(
        """() => {
          const { contrast, diverging, readable } = byhand.modules.colours;
          const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
          const shades = Array.from({ length: 201 }, (_, i) => diverging(i / 100 - 1));
          return Math.min(...shades.map((one) => contrast(one, parts(readable(one)))));
        }"""
    )
    assert least >= 4.5


def test_dark_and_light_follow_the_system_and_the_button(digits_report, open_page):
    page = open_page(digits_report.path, color_scheme="dark")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.locator("#theme").click()
    assert page.evaluate(theme) == "light"


def test_text_of_others_stays_text(digits_report, open_page):
    page = open_page(digits_report.path)
    assert "</script><b>" in page.locator("#doctor").inner_text()


def test_an_unknown_layer_leaves_out_what_must_be_computed(digits_report, open_page, tmp_path):
    """Run, curves, mistakes and doctor are shown; the other sections explain why they are not."""
    text = digits_report.path.read_text()
    path = tmp_path / "unknown.html"
    program = re.search(r"<script>(.*)</script>", text, re.DOTALL)[1]
    changed = program.replace(
        "const LAYERS = { dense: Dense", "const LAYERS = { convolution: Dense"
    )
    assert changed != program
    text = text.replace(source_hash(program), source_hash(changed))
    path.write_text(text.replace(program, changed))
    page = open_page(path)
    for name in ("draw", "why", "network", "trace"):
        words = page.locator(f"#{name}").inner_text()
        assert "cannot compute layers of the kind “dense”" in words
    assert page.locator("#mistakes .thumb").count()
    assert page.locator("#curves .chart").count()


def test_no_other_script_runs(digits_report, browser, tmp_path):
    """The policy names the page's own script by its hash."""
    path = tmp_path / "injected.html"
    text = digits_report.path.read_text()
    path.write_text(text.replace("<main>", "<script>window.injected = true</script><main>"))
    page = browser.new_context(offline=True).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("window.injected") is None


def test_every_module_parses_and_runs_by_itself(digits_report, open_page):
    """Each is a strict ES module, and a part of the page with the same exports."""
    page = open_page(digits_report.path)
    for path in module_paths():
        name = module_name(path)
        body = re.sub(r"^import .*$|^export ", "", module_source(path), flags=re.MULTILINE)
        page.evaluate(
            f"() => {{ new Function({json.dumps(chr(34) + 'use strict' + chr(34) + ';' + body)}) }}"
        )
        exported = page.evaluate(f"Object.keys(byhand.modules.{name})")
        assert exported or name == "main"
