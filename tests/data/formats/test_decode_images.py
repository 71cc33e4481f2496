"""Image files are decoded as Pillow does it, within limits of size."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from byhand.data import read_image
from byhand.data.formats import decode_images
from byhand.errors import FormatError

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")

COLOURS = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 30, 4), np.uint8), "RGBA")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "transparent")


def picture(mode):
    if mode == "I;16":
        return Image.fromarray(np.array(COLOURS.convert("L")).astype(np.uint16) * 257)
    if mode == "transparent":
        image = COLOURS.convert("P")
        image.info["transparency"] = 3
        return image
    return COLOURS.convert(mode)


def expected(image):
    """The whole image at once; the strips together must equal it."""
    if image.mode.startswith("I"):
        return np.array(COLOURS.convert("L"))
    if image.mode in ("LA", "RGBA") or "transparency" in image.info:
        drawing = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", drawing.size, "white"), drawing)
    return np.array(image.convert("L"))


@pytest.mark.parametrize("mode", MODES)
def test_strips_give_what_the_whole_image_gives(mode, tmp_path, monkeypatch):
    picture(mode).save(tmp_path / "a.png")
    whole = read_image(tmp_path / "a.png")
    monkeypatch.setattr(decode_images, "STRIP_PIXELS", 100)

    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), whole)
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(whole, expected(image))


@pytest.mark.parametrize("orientation", range(10))
def test_each_orientation_is_turned_upright_as_pillow_does_it(orientation, tmp_path):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[decode_images.ORIENTATION] = orientation
    COLOURS.convert("L").save(tmp_path / "a.png", exif=exif)

    with Image.open(tmp_path / "a.png") as image:
        upright = np.array(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), upright)


def png(width, height, data=b""):
    """A PNG of RGBA whose header may claim anything."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    found = b"\x89PNG\r\n\x1a\n"
    for kind, content in chunks:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        found += struct.pack(">I", len(content)) + kind + content + checksum
    return found


@pytest.mark.parametrize(("width", "height"), [(9_400, 9_400), (20_000, 1), (1, 80_000_000)])
def test_a_bomb_is_refused_by_its_header(width, height, tmp_path):
    (tmp_path / "a.png").write_bytes(png(width, height))

    with pytest.raises(FormatError, match=rf"{width:,} x {height:,} pixels in \d+ bytes"):
        read_image(tmp_path / "a.png")


def test_a_large_file_may_have_many_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(decode_images, "MOST_PIXELS", 100)
    stream = io.BytesIO()
    COLOURS.save(stream, "PNG")
    (tmp_path / "a.png").write_bytes(stream.getvalue())

    assert read_image(tmp_path / "a.png").shape == (40, 30)


def test_a_truncated_image_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(png(50, 50, bytes(100)))

    with pytest.raises(FormatError, match="not a readable image"):
        read_image(tmp_path / "a.png")


def test_a_chunk_that_claims_too_many_bytes_takes_no_memory_for_them(tmp_path):
    whole = png(2, 2, bytes(18))
    start = whole.index(b"IDAT")
    (tmp_path / "a.png").write_bytes(whole[: start - 4] + b"\xff\xff\xff\xf0" + whole[start:])

    tracemalloc.start()
    with contextlib.suppress(FormatError):  # Pillow forgives the length where the data are whole
        read_image(tmp_path / "a.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1 << 20
