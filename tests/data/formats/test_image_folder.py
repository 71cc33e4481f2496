from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byhand.data import Dataset, Part, load_dataset, read_image, read_images
from byhand.data.formats import image_folder, slow_work
from byhand.data.formats.image_folder import read_image_folder, write_image_folder
from byhand.errors import (
    ArgumentError,
    ByhandError,
    DataError,
    FileError,
    FormatError,
    MissingPackageError,
)

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")


@pytest.fixture(autouse=True)
def no_work_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said here does not depend on how fast the machine is."""
    monkeypatch.setattr(slow_work, "time", SimpleNamespace(monotonic=lambda: 0.0))


def save(path: Path, array: np.ndarray, mode: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path)
    return path


GREY = np.arange(30, dtype=np.uint8).reshape(5, 6) * 8


def test_what_is_written_is_read_back(tmp_path, small: Dataset) -> None:
    assert small.test is not None
    write_image_folder(tmp_path / "set" / "train", small.train, small.class_names)
    write_image_folder(tmp_path / "set" / "test", small.test, small.class_names)

    back = read_image_folder(tmp_path / "set")
    order = np.argsort(small.train.labels, kind="stable")

    assert back.class_names == small.class_names
    assert back.train.labels is not None
    assert small.train.labels is not None
    assert back.train.labels.tolist() == small.train.labels[order].tolist()
    np.testing.assert_array_equal(back.train.images, small.train.images[order])
    np.testing.assert_array_equal(load_dataset(tmp_path / "set").train.images, back.train.images)


def test_classes_without_parts_are_all_for_training(tmp_path) -> None:
    for name in ("10", "9", "bat", "ape", "zebra", "horse", "ox"):
        save(tmp_path / "set" / name / "x.png", GREY)
    (tmp_path / "set" / "notes").mkdir()

    back = read_image_folder(tmp_path / "set")

    assert back.class_names == ("9", "10", "ape", "bat", "horse", "ox", "zebra")
    assert back.test is None


def test_training_and_testing_are_other_names_for_the_parts(tmp_path) -> None:
    for part in ("training", "testing"):
        for name in "01":
            save(tmp_path / "set" / part / name / "x.png", GREY)

    assert read_image_folder(tmp_path / "set").test is not None


def test_colours_become_grey(tmp_path) -> None:
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)

    grey = read_image(save(tmp_path / "a.png", colours))

    assert grey.dtype == np.uint8
    assert grey.tolist() == [[76, 150, 29, 9]]


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA"])
def test_every_kind_of_png_is_read(tmp_path, mode: str) -> None:
    assert read_image(save(tmp_path / "a.png", GREY, mode)).tolist() == GREY.tolist()


def test_one_bit_and_sixteen_bits_fill_the_range(tmp_path) -> None:
    one = save(tmp_path / "one.png", np.array([[0, 255]], np.uint8), "1")
    sixteen = save(tmp_path / "sixteen.png", np.array([[0, 65535, 257 * 7]], np.uint16))

    assert read_image(one).tolist() == [[0, 255]]
    assert read_image(sixteen).tolist() == [[0, 255, 7]]


def test_transparent_is_white_paper(tmp_path) -> None:
    drawing = np.zeros((4, 4, 4), np.uint8)
    drawing[1, 1] = (0, 0, 0, 255)

    grey = read_image(save(tmp_path / "a.png", drawing), invert="auto")

    assert grey[1, 1] == 255
    assert grey.sum() == 255


@pytest.mark.parametrize(("invert", "expected"), [(True, 255 - GREY), (False, GREY)])
def test_white_paper_can_be_inverted(tmp_path, invert, expected) -> None:
    assert read_image(save(tmp_path / "a.png", GREY), invert=invert).tolist() == expected.tolist()


def test_files_and_folders_are_read_for_prediction_in_any_size(tmp_path) -> None:
    single = save(tmp_path / "one.png", GREY)
    for name in "ba":
        save(tmp_path / "many" / f"{name}.png", GREY[:3])

    paths, images = read_images([single, tmp_path / "many"])

    assert paths == [single, tmp_path / "many" / "a.png", tmp_path / "many" / "b.png"]
    assert [image.shape for image in images] == [(5, 6), (3, 6), (3, 6)]


def test_images_of_several_sizes_are_fitted_with_a_message(tmp_path) -> None:
    """Each image stays whole and in proportion, on its own paper, at the median longer side."""
    light = np.full((30, 10), 240, np.uint8)
    light[5:25, 3:7] = 10  # fills its box, as no handwriting does
    save(tmp_path / "set" / "0" / "a.png", light)
    save(tmp_path / "set" / "1" / "b.png", np.kron(255 - light, np.ones((2, 2), np.uint8)))
    save(tmp_path / "set" / "1" / "c.png", np.full((40, 40), 240, np.uint8))
    said: list[str] = []
    data = load_dataset(tmp_path / "set", invert=False, say=said.append)
    a, b, _ = data.train.images

    assert data.fitted
    assert data.preparation is None
    assert data.image_shape == (40, 40)
    assert said == [
        "set: 3 images are fitted whole into 40x40, with their proportions. For another size, give "
        "size=32 (--size 32)."
    ]
    assert (a[:, :12] == 255).all()
    assert (a[10:30, 18:21] == 10).all()
    np.testing.assert_allclose(a[:, 14:26].astype(int), 255 - b[:, 14:26].astype(int), atol=1)


def test_a_size_can_be_chosen_and_one_size_is_kept(tmp_path) -> None:
    save(tmp_path / "set" / "0" / "a.png", GREY)
    save(tmp_path / "set" / "1" / "b.png", GREY)
    said: list[str] = []

    assert load_dataset(tmp_path / "set", say=said.append).image_shape == GREY.shape
    assert load_dataset(tmp_path / "set", size=28, say=said.append).image_shape == (28, 28)
    assert said == []


def test_large_images_of_several_sizes_become_small(tmp_path) -> None:
    for number, side in enumerate((300, 400, 500)):
        save(tmp_path / "set" / str(number % 2) / f"{side}.png", np.zeros((side, side), np.uint8))

    assert read_image_folder(tmp_path / "set").image_shape == (64, 64)


def test_a_class_that_only_the_test_part_has_is_an_error(tmp_path) -> None:
    for place in ("train/0", "train/1", "test/2"):
        save(tmp_path / "set" / place / "a.png", GREY)

    with pytest.raises(DataError, match="class '2' does not occur in the train part"):
        read_image_folder(tmp_path / "set")


def test_a_folder_without_classes_is_an_error(tmp_path) -> None:
    (tmp_path / "set").mkdir()

    with pytest.raises(DataError, match="one folder of images for each class"):
        read_image_folder(tmp_path / "set")
    with pytest.raises(DataError, match="no images"):
        read_images([tmp_path / "set"])
    with pytest.raises(FileError, match="no folder"):
        read_image_folder(tmp_path / "nowhere")


def test_a_missing_image_is_named(tmp_path) -> None:
    with pytest.raises(FileError, match=r"nowhere\.png"):
        read_image(tmp_path / "nowhere.png")


def test_an_unknown_way_to_invert_is_an_error(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="'maybe'"):
        read_image(save(tmp_path / "a.png", GREY), invert="maybe")  # type: ignore[arg-type]


def test_only_labelled_images_can_be_written(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="labels"):
        write_image_folder(tmp_path, Part(GREY[None]), "ab")


def test_without_pillow_the_message_says_what_to_install(tmp_path, monkeypatch) -> None:
    path = save(tmp_path / "a.png", GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(MissingPackageError, match=r'pip install "byhand\[images\]"'):
        read_image(path)


@pytest.mark.parametrize("name", ["../a", "a/b", "/a", "..", "", "a\0b"])
def test_class_names_that_lead_out_of_the_folder_are_refused(tmp_path, name, small) -> None:
    with pytest.raises(ArgumentError, match="cannot be the name of a folder"):
        write_image_folder(tmp_path / "set", small.train, [name, *small.class_names[1:]])

    assert not (tmp_path / "set").exists()


def png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 12), dtype=np.uint8)).save(
        stream, format="PNG"
    )
    return stream.getvalue()


GOOD = png()


@pytest.mark.parametrize("content", [b"", b"no image", GOOD[:20], GOOD[:-40]])
def test_an_unreadable_image_is_named(tmp_path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(FormatError, match=r"a\.png: not a readable image"):
        read_image(tmp_path / "a.png")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_no_damaged_byte_causes_anything_but_our_own_errors(tmp_path, data) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.png"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])

    with contextlib.suppress(ByhandError):
        read_image(path)


# --- dark ink on light paper --------------------------------------------------------------------


def save_set(folder: Path, papers: dict[str, int]) -> Path:
    """Two classes of ten images each: a stroke on paper of the grey given for each class."""
    for name, paper in papers.items():
        for number in range(10):
            image = np.full((6, 6), paper, np.uint8)
            image[2:4, 3] = 255 - paper
            save(folder / name / f"{number}.png", image)
    return folder


def test_a_folder_of_dark_ink_on_light_paper_is_inverted_as_a_whole(tmp_path) -> None:
    data = read_image_folder(save_set(tmp_path / "set", {"0": 255, "1": 230}))

    assert data.inverted
    assert sorted({int(image[0, 0]) for image in data.train.images}) == [0, 25]


@pytest.mark.parametrize("papers", [{"0": 0, "1": 10}, {"0": 0, "1": 255}])
def test_a_folder_of_light_ink_or_of_both_kinds_keeps_its_greys(tmp_path, papers) -> None:
    data = read_image_folder(save_set(tmp_path / "set", papers))

    assert not data.inverted
    assert {int(image[0, 0]) for image in data.train.images} == set(papers.values())


def test_invert_false_keeps_the_greys_of_light_paper(tmp_path) -> None:
    data = load_dataset(save_set(tmp_path / "set", {"0": 255, "1": 255}), invert=False)

    assert not data.inverted
    assert (data.train.images[:, 0, 0] == 255).all()


def test_both_parts_are_inverted_in_the_same_way(tmp_path) -> None:
    save_set(tmp_path / "set" / "train", {"0": 255, "1": 255})
    save_set(tmp_path / "set" / "test", {"0": 255, "1": 0})

    test = read_image_folder(tmp_path / "set").test

    assert test is not None
    assert {int(image[0, 0]) for image in test.images} == {0, 255}


def test_a_photograph_is_turned_upright_as_its_camera_noted(tmp_path) -> None:
    """EXIF orientation 6 asks for a quarter turn to the right."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)

    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.rot90(GREY, -1))


def test_many_small_files_of_large_images_are_refused_together(tmp_path, monkeypatch):
    monkeypatch.setattr(image_folder, "MOST_PIXELS", 100_000)
    for number in range(9):
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("1", (200, 200)).save(tmp_path / name / f"{number}.png")

    with pytest.raises(FormatError, match=r"a/2.png: 3 images have .* expected at most 100"):
        read_image_folder(tmp_path, say=lambda _: None)
    with pytest.raises(FormatError, match="expected at most 100 for each byte"):
        read_images([tmp_path])
