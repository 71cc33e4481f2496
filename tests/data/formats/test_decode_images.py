"""Image files are decoded as Pillow does it, within limits of size."""

from __future__ import annotations

import contextlib
import io
import math
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

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
    monkeypatch.setattr(decode_images, "MOST_MEMORY", 500)
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


# What each format takes for a pixel, with the options that take most.
WRITTEN = {
    "PNG": ("RGBA", {}),
    "GIF": ("P", {}),
    "BMP": ("1", {}),
    "TIFF": ("RGBA", {"compression": "tiff_lzw"}),
    "JPEG": ("RGB", {"progressive": True}),
    "AVIF": ("RGBA", {}),
    "WEBP": ("RGBA", {}),
    "JPEG2000": ("RGBA", {}),
}
SIDES = (2000, 1500)

PEAK = """
import pathlib, sys
from byhand.data.formats import decode_images

def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

decode_images.MOST_MEMORY = 1 << 40
small, large = (pathlib.Path(name).read_bytes() for name in sys.argv[1:])
decode_images.decoded_bytes(small, "small")  # loads the decoder
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = peak()
decode_images.decoded_bytes(large, "large")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
@pytest.mark.parametrize("kind", WRITTEN)
def test_a_pixel_of_each_format_takes_no_more_memory_than_the_table_says(kind, tmp_path):
    mode, options = WRITTEN[kind]
    files = [tmp_path / "small", tmp_path / "large"]
    for file, sides in zip(files, ((8, 8), SIDES), strict=True):
        try:
            Image.new(mode, sides, 1).save(file, kind, **options)
        except (OSError, KeyError):
            pytest.skip(f"this Pillow cannot write {kind}")

    said = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, files)], capture_output=True, text=True, check=True
    )

    spare = 4 << 20  # the strips
    assert int(said.stdout) <= decode_images.BYTES_PER_PIXEL[kind] * math.prod(SIDES) + spare


def test_a_small_file_may_have_fewer_pixels_where_they_take_more_memory(tmp_path):
    pytest.importorskip("PIL._webp")
    Image.new("RGB", (2500, 2000)).save(tmp_path / "a.webp", lossless=True)

    with pytest.raises(
        FormatError, match=r"2,500 x 2,000 pixels in \d+ bytes; expected at most 3,9"
    ):
        read_image(tmp_path / "a.webp")


@pytest.mark.parametrize("name", ["a.eps", "a.png"])
def test_formats_for_which_pillow_starts_a_program_are_refused(name, tmp_path, monkeypatch):
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / name).write_bytes(program)
    with Image.open(tmp_path / name) as image:
        assert image.format == "EPS"
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program was started"))

    with pytest.raises(FormatError, match=r"not a readable image .*; expected one of PNG, GIF"):
        read_image(tmp_path / name)
