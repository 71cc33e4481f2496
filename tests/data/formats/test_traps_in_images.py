"""Parts of image files that would take Pillow far more time or memory than the image itself."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest

from byhand.data.formats.decode_images import decoded_bytes
from byhand.data.formats.traps_in_images import PNG, without_texts
from byhand.errors import FormatError

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")

GREY = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def with_chunks(*chunks):
    """A PNG with further chunks before its pixels."""
    whole = saved(GREY, "PNG")
    end = whole.index(b"IDAT") - 4
    return whole[:end] + b"".join(chunk(*one) for one in chunks) + whole[end:]


def tiff(width, height, samples, bits, tile=None):
    """A TIFF of one empty strip or tile, which may claim any size."""
    words = struct.pack(f"<{samples}H", *[bits] * samples).ljust(4, b"\0")
    tags = {256: width, 257: height, 259: 8, 262: 2 if samples > 2 else 1, 273: 8, 277: samples}
    tags |= {278: height, 279: 8}
    if tile is not None:
        tags |= dict(zip((322, 323, 324, 325), (*tile, 8, 8), strict=True))
    found = [(tag, 4, 1, struct.pack("<I", value)) for tag, value in tags.items()]
    place = struct.pack("<I", 16)
    found.append((258, 3, samples, place if samples > 2 else words[:4]))
    entries = b"".join(struct.pack("<HHI", *one[:3]) + one[3] for one in sorted(found))
    data = zlib.compress(b"")[:8].ljust(8, b"\0") + words.ljust(16, b"\0")
    return (
        b"II*\0" + struct.pack("<I", 32) + data + struct.pack("<H", len(found)) + entries + bytes(4)
    )


def test_texts_in_a_png_take_no_memory():
    text = zlib.compress(("a" * 1_000_000 + "\N{GRINNING FACE}").encode())
    content = with_chunks(*[(b"iTXt", b"k\0\1\0\0\0" + text)] * 50)

    tracemalloc.start()
    image = decoded_bytes(content, "a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    np.testing.assert_array_equal(image, np.asarray(GREY))
    assert peak < 2 << 20


def test_a_png_without_texts_stays_as_it_is():
    whole = saved(GREY, "PNG")

    assert without_texts(whole) is whole
    assert without_texts(with_chunks((b"tEXt", b"k\0v"), (b"zTXt", b"k\0\0"))) == whole
    assert without_texts(with_chunks((b"tEXt", b"k\0v"))[:-20]) == whole[:-20]
    assert without_texts(PNG + b"\xff\xff\xff\xffiCCP") == PNG


@pytest.mark.parametrize(
    "content",
    [
        with_chunks(*[(b"abCd", b"")] * 100_000),
        b"\xff\xd8" + b"\xff" * 1_000_000 + saved(GREY, "JPEG")[2:],
        b"P5\n#" + b"a" * 1_000_000,
        b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1a\0" * 200_000,
    ],
    ids=["PNG", "JPEG", "PPM", "GIF"],
)
def test_a_file_of_many_small_pieces_is_refused(content):
    began = time.process_time()

    with pytest.raises(FormatError, match="too many small pieces"):
        decoded_bytes(content, "a")
    assert time.process_time() - began < 1


def test_large_valid_files_are_read():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (2000, 2000), np.uint8))

    for kind in ("GIF", "PNG", "TIFF", "BMP", "PPM"):
        np.testing.assert_array_equal(decoded_bytes(saved(noise, kind), kind), np.asarray(noise))
    for progressive in (False, True):
        decoded_bytes(saved(noise.convert("RGB"), "JPEG", progressive=progressive), "a")


def test_a_jpeg_of_many_scans_is_refused():
    whole = saved(GREY, "JPEG", progressive=True)
    scan = whole[whole.rindex(b"\xff\xda") : -2]

    with pytest.raises(FormatError, match="more than 30 scans"):
        decoded_bytes(whole[:-2] + scan * 30 + whole[-2:], "a")


def test_a_ppm_of_text_is_refused():
    with pytest.raises(FormatError, match="its pixels are text"):
        decoded_bytes(b"P2\n2 1\n255\n1 2\n", "a")


@pytest.mark.parametrize(
    "content",
    [tiff(3000, 3000, 3, 16), tiff(16, 16, 1, 8, (16_000, 16_000)), tiff(3000, 3000, 1, 32)],
    ids=["16 bits of three colours", "a tile larger than the image", "32 bits"],
)
def test_a_tiff_whose_buffer_would_be_larger_than_its_image_is_refused(content):
    with pytest.raises(FormatError, match="expected at most"):
        decoded_bytes(content, "a")
