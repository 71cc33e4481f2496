"""The page's file is small, complete and safe."""

from __future__ import annotations

import base64
import gzip
import json
import posixpath
import re
from pathlib import Path

import numpy as np
import pytest

from byhand.cli.app import run
from byhand.data import Part
from byhand.errors import ArgumentError, FileError
from byhand.evaluation import Subject
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer
from byhand.report import Options, all_sections, sections, write_report
from byhand.report.choose_examples import nearest_distances, showing_order, train_sample
from byhand.report.formulas import printed
from byhand.report.page import (
    assemble,
    module_name,
    module_paths,
    module_source,
    script,
    wrapped,
)
from byhand.report.payload import pack
from byhand.training.history import History


def unpacked(text):
    """Unpack a payload as the page does."""
    blob = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(blob[:4], "little")
    header, body = json.loads(blob[4 : 4 + length]), blob[4 + length :]
    arrays = {}
    for entry in header["arrays"]:
        dtype = np.dtype(entry["dtype"])
        count = int(np.prod(entry["shape"]))
        raw = np.frombuffer(body, np.uint8, count * dtype.itemsize, entry["offset"])
        planes = raw.reshape(dtype.itemsize, count).T
        arrays[entry["name"]] = np.ascontiguousarray(planes).view(dtype).reshape(entry["shape"])
    return header, arrays


def payload_of(path):
    return re.search(r'id="payload"[^>]*>([^<]*)<', path.read_text()).group(1)


def contents_of(path):
    return unpacked(payload_of(path))[0]["contents"]


def random_part(rng, count, shape=(8, 8), classes=3):
    labels = rng.permutation(np.arange(count) % classes)
    return Part(rng.integers(0, 256, (count, *shape)).astype(np.uint8), labels)


def small_network(inputs=64, classes=3):
    layers = [InputLayer(inputs, "pixels"), DenseLayer(4, "relu"), DenseLayer(classes, "softmax")]
    return MultiLayerPerceptron(layers, seed=0)


# --- payload ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_arrays_come_back_as_they_were(dtype):
    array = (np.random.default_rng(0).random((5, 7)) * 200).astype(dtype)
    header, arrays = unpacked(pack({"a": 1}, {"x": array, "y": array[:2]}))
    assert header["a"] == 1
    np.testing.assert_array_equal(arrays["x"], array)
    np.testing.assert_array_equal(arrays["y"], array[:2])


def test_numbers_that_are_not_finite_become_null():
    header, _ = unpacked(pack({"loss": [1.0, float("nan"), np.float32("inf")]}, {}))
    assert header["loss"] == [1.0, None, None]


def test_a_type_that_the_page_cannot_read_is_refused():
    with pytest.raises(ArgumentError, match="int64"):
        pack({}, {"x": np.arange(3)})


def test_the_order_of_the_sections_is_described():
    listed = all_sections.__doc__.split("sets the order:")[1].split(". ")[0]
    places = {section.name: section.place for section in all_sections.all_sections()}

    described = sorted(places, key=listed.index)

    assert [places[name] for name in described] == sorted(places.values())


# --- page ---------------------------------------------------------------------------------------


def test_modules_come_after_what_they_import():
    paths = module_paths()
    for place, path in enumerate(paths):
        for needed in re.findall(r'from "(\S+\.js)"', module_source(path)):
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), needed))
            assert resolved in paths[:place]
    assert paths[-1] == "page/main.js"


def test_no_two_modules_have_one_name():
    names = [module_name(path) for path in module_paths()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", module_paths())
def test_no_import_or_export_is_left(path):
    assert not re.search(r"^(import|export)\b", wrapped(path), re.MULTILINE)


def test_the_page_names_no_address_and_its_script_cannot_be_ended_early():
    page = assemble("<b>", "", script())
    assert page.count("</script>") == 2
    assert "&lt;b&gt;" in page
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "https://" not in script()


def test_formulas_are_printed_with_their_signs_and_settings():
    assert (
        printed("p <- p - lr m_hat / (sqrt(v_hat) + eps)") == "p ← p − η m\u0302 / (√(v\u0302) + ε)"
    )
    assert printed("L = -sum_k t_k log a_k") == "L = −Σₖ tₖ log aₖ"
    assert printed("h(e) up to delta, log-cosh", {"delta": 0.5}) == "h(e) up to 0.5, log-cosh"


# --- selection ----------------------------------------------------------------------------------


def test_mistakes_are_shown_first_and_no_cell_waits_for_another():
    rng = np.random.default_rng(0)
    labels, guesses, truths = rng.integers(0, 3, 300), rng.integers(0, 3, 300), rng.random(300)
    order = showing_order(labels, guesses, truths, rng)
    wrong = labels[order] != guesses[order]
    assert sorted(order) == list(range(300))
    assert not (np.diff(wrong.astype(int)) > 0).any()
    first = order[:6]
    assert len({(labels[i], guesses[i]) for i in first}) == 6
    for i in first:
        same = (labels == labels[i]) & (guesses == guesses[i])
        assert truths[i] == truths[same].min()


def test_the_training_sample_is_even_over_classes():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    chosen = train_sample(labels, 30, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [10, 10, 10]


def test_nearest_distances_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (6, 9)), rng.integers(0, 256, (4, 9))
    expected = [min(np.linalg.norm((x - y) / 255.0) for y in b) for x in a]
    np.testing.assert_allclose(nearest_distances(a, b, 255.0), expected, rtol=1e-4)


# --- the file -----------------------------------------------------------------------------------


def test_every_mistake_travels_with_the_page(digits_report):
    header, arrays = unpacked(payload_of(digits_report.path))
    test = digits_report.data.test
    wrong = np.flatnonzero(digits_report.network.predict(test.images) != test.labels)
    assert set(wrong) <= set(arrays["image_numbers"].tolist())
    assert header["contents"]["result"]["score"]["wrong"] == len(wrong)
    np.testing.assert_array_equal(
        arrays["images"].reshape(-1, 8, 8), test.images[arrays["image_numbers"]]
    )


def test_weights_travel_exactly(digits_report):
    _, arrays = unpacked(payload_of(digits_report.path))
    for name, values in digits_report.network.parameters.items():
        np.testing.assert_array_equal(arrays[name], values)


def test_a_page_of_mnist_stays_below_three_megabytes(mnist_report):
    assert mnist_report.path.stat().st_size < 3_000_000


def test_a_budget_leaves_images_out(tmp_path):
    rng = np.random.default_rng(0)
    train, test = random_part(rng, 3000), random_part(rng, 3000)
    subject = Subject(small_network(), test, name="noise", train=train)
    path = write_report(tmp_path / "small.html", subject, Options(budget=360_000))
    _, arrays = unpacked(payload_of(path))
    assert path.stat().st_size < 360_000
    assert 100 < len(arrays["images"]) < 3000
    assert len(arrays["labels"]) == 3000


def test_a_page_of_large_images_stays_small(tmp_path):
    """As many images of 200 x 150 as fit are shown, and never a negative number."""
    rng = np.random.default_rng(0)
    train, test = random_part(rng, 120, (200, 150)), random_part(rng, 300, (200, 150))
    network = small_network(200 * 150)
    path = write_report(tmp_path, Subject(network, test, name="noise", train=train))
    _, arrays = unpacked(payload_of(path))
    assert path.stat().st_size < 4_000_000
    assert len(arrays["images"]) >= 8
    assert len(arrays["train_images"]) >= 8


def test_weights_that_would_make_the_page_too_large_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("byhand.report.contents.MOST_WEIGHTS", 100)
    part = random_part(np.random.default_rng(0), 60)
    path = write_report(tmp_path, Subject(small_network(), part, name="noise", train=part))
    header, arrays = unpacked(payload_of(path))
    assert "W1" not in arrays
    assert "275 weights, which would make it too large" in header["left_out"]


def test_findings_may_be_objects_and_none_means_not_asked(tmp_path):
    rng = np.random.default_rng(0)
    part = random_part(rng, 60)

    class Finding:
        name, severity, evidence, meaning, fix = "Dead units", "warning", "3 of 4", "m", "f"

    subject = Subject(small_network(), part, name="noise", train=part)
    one = write_report(tmp_path / "a.html", subject, Options(findings=[Finding()]))
    two = write_report(tmp_path / "b.html", subject)
    assert contents_of(one)["doctor"]["findings"][0]["name"] == "Dead units"
    assert contents_of(two)["doctor"]["findings"] is None


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({"name": "adam", "learning_rate": 0.01}, {"name": "adam", "learning_rate": 0.01}),
        ("Adam(learning_rate=0.01)", None),  # an old run: only its text is shown
    ],
)
def test_the_optimizer_is_what_the_history_recorded(tmp_path, recorded, expected):
    part = random_part(np.random.default_rng(0), 60)
    history = History({"loss": [1.0]}, record={"optimizer": recorded})
    subject = Subject(small_network(), part, train=part, history=history)
    contents = contents_of(write_report(tmp_path, subject))
    told = {fact["name"]: fact["value"] for fact in contents["run"]["facts"]}
    assert contents["trace"]["optimizer"] == expected
    assert told["optimizer"] in {"adam, learning_rate 0.01", "Adam(learning_rate=0.01)"}


def test_every_folder_of_a_section_is_shown(digits_report):
    folders = {path.name for path in Path(sections.__path__[0]).iterdir() if path.is_dir()}
    folders -= {"errors", "labels"}  # of networks with other tasks
    header, _ = unpacked(payload_of(digits_report.path))
    names = [section["name"] for section in header["sections"]]
    assert set(names) == folders - {"__pycache__"}
    assert names[:2] == ["result", "draw"]
    assert names[-1] == "run"


@pytest.mark.parametrize("train", [None, "unlabelled"])
def test_training_examples_without_labels_are_refused(tmp_path, train):
    part = random_part(np.random.default_rng(0), 60)
    subject = Subject(small_network(), part, train=Part(part.images) if train else None)
    with pytest.raises(ArgumentError, match="training examples with labels"):
        write_report(tmp_path, subject)


def test_a_path_that_cannot_be_written_leaves_everything_as_it_was(tmp_path):
    part = random_part(np.random.default_rng(0), 60)
    taken = tmp_path / "no"
    taken.write_text("a file where a folder would have to be")
    with pytest.raises(FileError, match=r"cannot write .*no is a file, but a folder is expected"):
        write_report(taken / "report.html", Subject(small_network(), part, train=part))

    assert list(tmp_path.iterdir()) == [taken]
    assert taken.read_text() == "a file where a folder would have to be"


# --- what the command tells it --------------------------------------------------------------------


@pytest.fixture(scope="module")
def command_header(tmp_path_factory):
    """The header of the page of a run on a table that has no test part."""
    folder = tmp_path_factory.mktemp("command")
    rng = np.random.default_rng(0)
    rows = [f"{a:.2f},{b:.2f},{'long' if a > b else 'short'}" for a, b in rng.normal(size=(120, 2))]
    table = folder / "sticks.csv"
    table.write_text("\n".join(["length,width,kind", *rows]))
    words = ["train", "--dataset", str(table), "--epochs", "2", "--l2", "0.001", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run(words) == 0
    return unpacked(payload_of(next(folder.rglob("report.html"))))[0]


def test_rows_that_were_held_out_are_not_called_a_test(command_header):
    assert command_header["data"]["words"]["part"] == "validation"
    assert "slightly optimistic" in command_header["data"]["words"]["caution"]
    assert "never saw" not in command_header["contents"]["run"]["summary"]


def test_columns_keep_the_names_of_the_file(command_header):
    assert command_header["data"]["columns"] == ["length", "width"]


def test_penalties_are_among_the_facts(command_header):
    assert command_header["contents"]["trace"]["extras"] == {"l2": 0.001}
    assert [
        one["value"] for one in command_header["contents"]["run"]["facts"] if one["name"] == "L2"
    ] == ["0.001"]
