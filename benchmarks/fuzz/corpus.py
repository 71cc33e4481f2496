"""Valid inputs, written by the library; mutations turn them into malformed ones."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz.files import Files, read_files
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.data import Part
from byhand.data.dataset import Dataset
from byhand.data.formats.idx import encode_idx
from byhand.data.formats.image_folder import write_image_folder
from byhand.data.formats.npz import write_npz
from byhand.data.formats.write_table import write_table
from byhand.data.prepare_picture import Preparation
from byhand.ensemble import Ensemble
from byhand.evaluation.doubt import Doubt
from byhand.evaluation.oriented_gradients import count_edges
from byhand.evaluation.second_opinion import SecondOpinion
from byhand.interop.npz import save_npz
from byhand.network.layers import BatchNormLayer, DropoutLayer
from byhand.recipes.recipe import Recipe, parse_recipe, read_recipe, shipped_recipes
from byhand.runs.train import train_recipe
from byhand.runs.train_options import TrainOptions
from byhand.training import Callback
from byhand.training.run import TrainingRun

ROWS = 30

RECIPE = """
title = "Small"

[data]
dataset = "digits"
rows = 200
validation = 0.2

[network]
layers = [{ units = 3, fn = "relu" }, { units = "classes", fn = "softmax" }]

[training]
epochs = 3
batch_size = 32
optimizer = "adam"
learning_rate = 0.01
keep = "best"
"""

TABLES = {
    "numbers.csv": "a,b,label\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n",
    "fractions.csv": "5.1,3.5,setosa\n4.9,3.0,virginica\n6.2,2.9,setosa\n",
    "words.csv": "colour;size;y\nred;1;0\nblue;2.5;1\nred;3;1\n",
    "quoted.csv": '"a, b",c,class\n"1",2,"x y"\n3,4,z\n',
    "target.tsv": "x\ttarget\n" + "".join(f"{i}\t{i / 7}\n" for i in range(30)),
}


def _noise(*shape: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def _labels() -> Any:
    return np.arange(ROWS) % 3


def idx() -> list[Files]:
    """IDX files of every type of numbers."""
    arrays = [_noise(5, 4, 3), _labels().astype(np.uint8), _noise(4).astype(np.float32),
              _noise(2, 2).astype(np.int16), _noise(1, 2, 1, 2).astype(np.float64)]  # fmt: skip
    return [{"a-idx-ubyte": encode_idx(array)} for array in arrays]


def idx_gzip() -> list[Files]:
    """The same, compressed."""
    return [
        {"a-idx-ubyte.gz": gzip.compress(content, mtime=0)}
        for files in idx()
        for content in files.values()
        if isinstance(content, bytes)
    ]


def idx_folder() -> list[Files]:
    """Folders of images and labels, with and without a test part."""
    images = encode_idx(_noise(ROWS, 4, 3))
    labels = encode_idx(_labels().astype(np.uint8))
    train = {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels}
    test = {"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels}
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in train.items()}
    return [train, {**train, **test}, packed]


def tables() -> list[Files]:
    """Tables with and without header, of numbers, fractions, words and targets, and of pixels."""
    found: list[Files] = [{name: text.encode()} for name, text in TABLES.items()]
    images = Part(_noise(6, 2, 2), np.arange(6) % 2)
    return [*found, _written(lambda folder: write_table(folder / "pixels.csv", images))]


def tables_gzip() -> list[Files]:
    """The same, compressed."""
    return [
        {"table.csv.gz": gzip.compress(content, mtime=0)}
        for files in tables()
        for content in files.values()
        if isinstance(content, bytes)
    ]


def table_folder() -> list[Files]:
    """A train and a test table."""
    train, words = TABLES["numbers.csv"].encode(), TABLES["words.csv"].encode()
    return [
        {"train.csv": train, "test.csv": train},
        {"train.csv": train, "test.csv": b"a,b\n1,2\n"},
        {"train.csv": words, "test.csv": words},
    ]


def archives() -> list[Files]:
    """NPZ archives of images, tables, targets and words."""
    x, y = _noise(ROWS, 4, 3), _labels()
    whole = Dataset("a", Part(x, y), Part(x, y), ("a", "b", "c"))
    return [
        _written(lambda folder: write_npz(folder / "a.npz", whole)),
        _npz(x_train=x, y_train=y, x_test=x),
        _npz(images=x.reshape(ROWS, -1) / 255, labels=np.array(list("abc") * 10)),
        _npz(x=np.linspace(0, 1, ROWS)[:, None], y=np.linspace(0, 9, ROWS)),
        _npz(x, y),
        _npz(x_train=_noise(ROWS, 28, 28), y_train=np.eye(3, dtype=np.uint8)[y]),
    ]


def arrays() -> list[Files]:
    """Archives of single arrays, whose headers are changed most."""
    kinds = ("u1", "<i8", ">i4", "<f4", ">f8", "?", "<c8", "<U3", "S2")
    found = [_npz(a=np.arange(6).astype(kind).reshape(2, 3)) for kind in kinds]
    return [*found, _npz(a=np.asfortranarray(_noise(4, 3))), _npz(a=np.array(1.5))]


def npy_folders() -> list[Files]:
    """Folders of NPY files: whole arrays with a test part, shards, words as labels."""
    x, y = _noise(ROWS, 4, 3), _labels()
    half, words = ROWS // 2, np.array(list("abc") * 10)
    return [
        _npy(x_train=x, y_train=y, x_test=x, y_test=y),
        _npy(x_train_000=x[:half], x_train_001=x[half:], y_train=y),
        _npy(x_train=x.reshape(ROWS, -1) / 255, y_train=words),
    ]


def fun_mnist() -> list[Files]:
    """Networks in the format of fun-MNIST."""
    return [_written(lambda folder: save_npz(_network(), folder / "a.npz"))]


def pictures() -> list[Files]:
    """An image file of each supported format and mode."""
    from PIL import Image

    colours = Image.fromarray(_noise(6, 5, 4), "RGBA")
    modes = [colours, *(colours.convert(mode) for mode in ("L", "LA", "RGB", "P", "1"))]
    modes.append(Image.fromarray(_noise(6, 5).astype(np.uint16) * 257))
    kinds = {
        "png": "PNG", "jpg": "JPEG", "tif": "TIFF", "gif": "GIF", "bmp": "BMP", "webp": "WEBP",
        "ppm": "PPM", "jp2": "JPEG2000", "avif": "AVIF", "mpo": "MPO",
    }  # fmt: skip
    found: list[Files] = []
    for ending, kind in kinds.items():
        for image in modes:
            stream = io.BytesIO()
            with contextlib.suppress(
                OSError, ValueError, KeyError
            ):  # it lacks this mode, or is missing
                image.save(stream, kind)
                found.append({f"a.{ending}": stream.getvalue()})
    turned = Image.Exif()
    turned[0x0112] = 6
    stream = io.BytesIO()
    colours.convert("RGB").save(stream, "JPEG", exif=turned)
    return [*found, {"a.jpg": stream.getvalue()}]


def image_folder() -> list[Files]:
    """Folders by class, with one or two parts, of one or several sizes."""
    part = Part(_noise(4, 6, 5), np.arange(4) % 2)
    plain = _written(lambda folder: write_image_folder(folder, part, ["0", "b"]))
    parts = {f"{where}/{name}": file for where in ("train", "test") for name, file in plain.items()}
    larger = Part(_noise(2, 9, 9), np.arange(2))
    sizes = _written(lambda folder: write_image_folder(folder, larger, ["0", "b"]))
    return [plain, parts, {**plain, **{f"{name}.png": file for name, file in sizes.items()}}]


def _network(**options: Any) -> MultiLayerPerceptron:
    layers = [InputLayer(4, "none"), DenseLayer(3, "relu"), DenseLayer(2, "softmax")]
    return MultiLayerPerceptron(layers, seed=1, **options)


def models() -> list[Files]:
    """Models with every kind of layer, of both number types, for classes and for target values."""
    x, y = np.random.default_rng(1).normal(size=(20, 4)), np.arange(20) % 2
    many = [
        InputLayer(4, "standardise"), DenseLayer(4, "tanh"), BatchNormLayer(), DropoutLayer(0.1),
        DenseLayer(1, "linear"),
    ]  # fmt: skip
    regression = MultiLayerPerceptron(many, seed=1, dtype="float64")
    regression.fit(x, y * 1.5, epochs=1, verbose=0)
    named = _network(class_names=["zero", "é"])
    named.facts |= {"dataset": "mnist", "preparation": Preparation("plain", 2, 2).config()}
    return [
        _written(lambda folder, net=net: net.save(folder / "a.safetensors"))
        for net in (_network(), regression, named)
    ]


def ensembles() -> list[Files]:
    """An ensemble of two networks that differ in their layers."""
    layers = [InputLayer(4, "pixels"), DenseLayer(3, "tanh"), DenseLayer(2, "softmax")]
    both = Ensemble([_network(), MultiLayerPerceptron(layers, seed=2)])
    return [_written(lambda folder: both.save(folder / "a.safetensors"))]


def doubts() -> list[Files]:
    """Models with a measure of doubt, with and without a second network for strangers."""
    second = SecondOpinion(
        np.ones((count_edges((2, 2)), 2), np.int8),
        np.ones(2),
        np.zeros(2),
        np.ones((2, 3)),
        np.zeros(3),
        0.5,
    )
    found = []
    for doubt in (Doubt(0.5, second), Doubt(0.9)):
        net = _network()
        net.facts["preparation"] = Preparation("plain", 2, 2).config()
        net.facts["doubt"] = doubt.config()
        found.append(_written(lambda folder, net=net: net.save(folder / "a.safetensors")))
    return found


def checkpoints() -> list[Files]:
    """The last checkpoint of a run."""
    return [{"last.safetensors": content} for content in [_run()["last.safetensors"]]]


def recipes() -> list[Files]:
    """The recipes that come with byhand."""
    texts = [RECIPE, *(read_recipe(name).text for name in shipped_recipes())]
    return [{"a.toml": text.encode()} for text in texts]


def run_folders() -> list[Files]:
    """The folder of a finished run."""
    return [dict(_run())]


def of_run(name: str) -> Callable[[], list[Files]]:
    """Return a corpus that consists of one file of the run."""
    return lambda: [{name: _run()[name]}]


def small_recipe() -> Recipe:
    """Return the recipe of the run."""
    return parse_recipe(RECIPE, "small")


def training_run() -> TrainingRun:
    """Return the training state that belongs to the run's checkpoint."""
    caught: list[TrainingRun] = []

    class Catch(Callback):
        def on_train_begin(self, run: TrainingRun) -> None:
            caught.append(run)

    rng = np.random.default_rng(1)
    layers = [InputLayer(64, "pixels"), DenseLayer(3, "relu"), DenseLayer(10, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0)
    x = rng.integers(0, 256, (40, 64), np.uint8)
    net.fit(x, np.arange(40) % 10, epochs=1, optimizer="adam", callbacks=[Catch()], verbose=0)
    return caught[0]


@cache
def _run() -> Files:
    with tempfile.TemporaryDirectory() as place, _variables(BYHAND_OFFLINE="1", BYHAND_RUNS=place):
        run = train_recipe(small_recipe(), TrainOptions(threads=1, verbose=0, say=_nothing))
        return {
            name: content for name, content in read_files(run.path).items() if "lock" not in name
        }


def _nothing(_: str) -> None:
    pass


@contextlib.contextmanager
def _variables(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _written(write: Callable[[Path], object]) -> Files:
    with tempfile.TemporaryDirectory() as place:
        write(Path(place))
        return read_files(Path(place))


def _npz(*unnamed: Any, **named: Any) -> Files:
    stream = io.BytesIO()
    np.savez_compressed(stream, *unnamed, **named)
    assert zipfile.is_zipfile(stream)
    return {"a.npz": stream.getvalue()}


def _npy(**arrays: Any) -> Files:
    """Return NPY files; x_train_000 is the name of x_train-000.npy."""
    files: Files = {}
    for name, array in arrays.items():
        stream = io.BytesIO()
        np.save(stream, array)
        files[name.replace("_0", "-0") + ".npy"] = stream.getvalue()
    return files
