"""Files dropped on the page or opened in it are used, or refused in one sentence."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from byhand.data import load_dataset
from byhand.data.formats.npz import write_npz

from .driving import advance

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")


def drop(page, *paths):
    """Drop files or folders on the middle of the page, as the operating system does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "dragOver", "drop"):
        place = {"x": 400, "y": 300, "data": data}
        session.send("Input.dispatchDragEvent", {"type": kind, **place})
    session.detach()


def open_with_button(page, *paths):
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Open a file").click()
    chosen.value.set_files([str(path) for path in paths])


def learnt(page, n):
    """Wait for n examples and return what the page knows of them."""
    page.wait_for_function("(n) => byhand.playground.data.n === n", arg=n)
    assert page.locator("[role=alert]").is_hidden()
    advance(page, 2)
    assert page.evaluate("byhand.playground.latest.step") == 2
    return page.evaluate(
        """() => {
          const { x, y, shape, classes, task, train, test } = byhand.playground.data;
          return { shape, classes, task, train: train.length, test: test.length,
            x: Array.from(x.subarray(0, 900)), y: Array.from(y.subarray(0, 200)) };
        }"""
    )


def message(page):
    """Wait for the message that says what is wrong."""
    page.wait_for_selector("[role=alert]:not([hidden])")
    return page.locator("[role=alert]").inner_text()


def idx(values):
    """Return bytes as an IDX file."""
    head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return head + values.astype(np.uint8).tobytes()


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (60, 5, 5), dtype=np.uint8), np.arange(60) % 3


def test_tables(open_page, page_file, tmp_path):
    page = open_page(page_file)
    rng = np.random.default_rng(1)
    values = rng.normal(size=(80, 2))
    words = tmp_path / "words.csv"
    rows = [f'{a:.3f};{b:.3f};{"red" if b > 0 else "blue"};"up, up"' for a, b in values]
    words.write_text("\ufeffa;b;colour;label\r\n" + "\r\n".join([*rows[:-1], "1;2;red;down"]))
    drop(page, words)
    found = learnt(page, 80)
    assert found["classes"] == ["down", "up, up"]
    assert page.evaluate("byhand.playground.data.inputs") == 4  # a, b, colour=blue, colour=red

    prices = tmp_path / "prices.csv"
    prices.write_text("\n".join(f"{a},{b},{a + b}" for a, b in values))
    drop(page, prices)
    page.wait_for_function("() => byhand.playground.data.task === 'values'")
    page.locator(".headline").get_by_text("typical error").wait_for()

    pixels = tmp_path / "train.csv.gz"
    head = ",".join(["label", *(f"pixel{j}" for j in range(784))])
    table = rng.integers(0, 256, (40, 784))
    lines = [",".join(map(str, [i % 10, *row])) for i, row in enumerate(table)]
    pixels.write_bytes(gzip.compress("\n".join([head, *lines]).encode()))
    open_with_button(page, pixels)
    found = learnt(page, 40)
    assert found["shape"] == [28, 28]
    assert found["x"][:784] == table[0].tolist()


def test_image_archives(open_page, page_file, tmp_path, images):
    page = open_page(page_file)
    pixels, labels = images
    for name, array in {"x": pixels, "y": labels}.items():
        (tmp_path / f"{name}-ubyte").write_bytes(idx(array))
    drop(page, tmp_path / "x-ubyte", tmp_path / "y-ubyte")
    found = learnt(page, 60)
    assert found["x"] == pixels.ravel()[:900].tolist()
    assert found["y"] == labels.tolist()

    digits = load_dataset("digits")
    write_npz(tmp_path / "byhand.npz", digits)
    drop(page, tmp_path / "byhand.npz")
    found = learnt(page, 1797)
    assert (found["train"], found["test"]) == (len(digits.train.images), len(digits.test.images))
    assert found["classes"] == list(digits.class_names)
    assert found["x"] == digits.train.images.ravel()[:900].tolist()

    colour = np.repeat(pixels[:, :, :, None], 3, axis=3) / 255
    np.savez(tmp_path / "colour.npz", images=colour, words=np.array(["ab", "c"])[labels % 2])
    drop(page, tmp_path / "colour.npz")
    found = learnt(page, 60)
    assert found["classes"] == ["ab", "c"]
    assert found["x"] == pixels.ravel()[:900].tolist()


def digit_picture(path, digit, i):
    """Write the i-th image of a digit, as large as a pen draws it."""
    digits = load_dataset("digits").train
    ink = digits.images[digits.labels == digit][i]
    large = Image.fromarray(np.uint8(255 - ink.astype(float) * 255 / digits.images.max()))
    large.resize((96, 96), Image.BICUBIC).save(path)


def test_pictures(open_page, page_file, tmp_path):
    page = open_page(page_file)
    for digit in (0, 1):
        folder = tmp_path / "folders" / f"digit {digit}"
        folder.mkdir(parents=True)
        for i in range(3):
            digit_picture(tmp_path / f"{digit}_{i}.png", digit, i)
            digit_picture(folder / f"{i}.png", digit, i)
    drop(page, *tmp_path.glob("?_?.png"))
    page.wait_for_function("() => byhand.playground.data.n === 6")
    assert page.evaluate("byhand.playground.data.classes") == ["0", "1"]
    assert page.locator(".own-thumb").count() == 6
    page.wait_for_function("() => byhand.playground.latest?.held.accuracy === 1")

    page.reload()
    page.wait_for_selector("html[data-ready]")
    drop(page, *(tmp_path / "folders").iterdir())
    page.wait_for_function("() => byhand.playground.data.n === 6")
    assert page.evaluate("byhand.playground.data.classes") == ["digit 0", "digit 1"]
    digit_picture(tmp_path / "one.png", 1, 7)
    drop(page, tmp_path / "one.png")  # a single picture is a drawing to test with
    page.wait_for_function("() => /%/.test(document.querySelector('.own-answer').textContent)")
    assert page.evaluate("byhand.playground.data.n") == 6


def bad_files(folder):
    """Return, by name, files that cannot be learnt from, and the words that say why."""
    rng = np.random.default_rng(2)
    pixels, labels = rng.integers(0, 256, (20, 4, 4), dtype=np.uint8), np.arange(20) % 2
    np.savez_compressed(folder / "whole.npz", x=pixels, y=labels)
    whole = (folder / "whole.npz").read_bytes()
    np.savez(folder / "no labels.npz", x=pixels)
    np.savez(folder / "not finite.npz", x=np.full((20, 3), np.nan), y=labels)
    np.savez(folder / "objects.npz", x=np.array([[None, 1]] * 20), y=labels)
    np.savez(folder / "one class.npz", x=pixels, y=labels * 0)
    with (folder / "large.csv").open("wb") as file:
        file.truncate(700 * 2**20)  # a file of holes, which takes no room
    digit_picture(folder / "7_1.png", 7, 0)
    digit_picture(folder / "7_2.png", 7, 1)
    digit_picture(folder / "IMG2031.png", 7, 1)
    content = {
        "empty.csv": b"",
        "ragged.csv": b"a,b\n1,2\n3,4\n5\n6,7\n",
        "hole.csv": b"a,b,label\n1,2,x\n3,,y\n5,6,x\n6,7,y\n",
        "word.csv": b"a,b,label\n1,2,x\n3,oops,y\n5,6,x\n6,7,y\n",
        "short.csv": b"a,b\n1,2\n",
        "binary.csv": bytes(range(128, 256)) * 9,
        "cut.npz": whole[:200],
        "spoilt.npz": whole[:80] + bytes(20) + whole[100:],
        "bomb.gz": gzip.compress(b"")[:12],
        "images-ubyte": idx(pixels),
        "labels-ubyte": idx(labels[:9]),
        "cut-ubyte": idx(pixels)[:40],
        "1_1.png": b"\x89PNG\r\n\x1a\nnot a picture",
    }
    for name, given in content.items():
        (folder / name).write_bytes(given)
    return {
        ("empty.csv",): "is empty",
        ("ragged.csv",): "row 3 has 1 cells; expected 2",
        ("hole.csv",): "row 2, column “b” is empty",
        ("word.csv",): "row 2, column “b” holds “oops”; expected a number",
        ("short.csv",): "at least 4 rows",
        ("binary.csv",): "cannot be read here; expected a table",
        ("cut.npz",): "has no directory",
        ("spoilt.npz",): "damaged",
        ("no labels.npz",): "found x (20, 4, 4)",
        ("not finite.npz",): "not finite",
        ("objects.npz",): "|O",
        ("one class.npz",): "nothing to learn",
        ("bomb.gz",): "damaged",
        ("large.csv",): "at most 600 MB",
        ("images-ubyte",): "together",
        ("images-ubyte", "labels-ubyte"): "20 images, but 9 labels",
        ("cut-ubyte", "labels-ubyte"): "cut off",
        ("ragged.csv", "short.csv"): "2 files were given",
        ("1_1.png",): "not a picture",
        ("1_1.png", "7_1.png"): "not a picture",
        ("7_1.png", "7_2.png"): "of the class 7",
        ("7_1.png", "IMG2031.png"): "Name pictures after their class",
        ("7_1.png", "short.csv"): "not both together",
    }


def test_each_bad_file_gets_one_message_and_the_page_stays_usable(open_page, page_file, tmp_path):
    page = open_page(page_file)
    for names, words in bad_files(tmp_path).items():
        page.evaluate("byhand.playground.failure.set('')")
        drop(page, *(tmp_path / name for name in names))
        said = message(page)
        assert words in said, (names, said)
        assert page.evaluate("byhand.playground.setup.data") == "spiral"
    advance(page, 3)
    assert page.evaluate("byhand.playground.latest.step") == 3
