"""Packages that a script may import for data and pictures, replaced while it is examined."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.examine.script.data_files import Digits

SILENT = {
    "matplotlib", "seaborn", "plotly", "wandb", "IPython", "tensorboard", "tensorboardX",
    "requests", "kaggle", "google", "pylab", "mpl_toolkits", "cv2", "torch", "torchvision", "jax",
}  # fmt: skip
"""Packages of which nothing is needed."""

FRAMES = re.compile(r"iloc|to_numpy|\.values|\.loc\b|DataFrame|np\.(as)?array\(|\.columns")
"""Words of code that expects data frames; other code was written when there were arrays."""

KERAS = {"keras", "tensorflow", "tf_keras"}
REPLACED = SILENT | KERAS | {"mnist", "numba", "cupy", "tqdm", "idx2numpy"}


class Silent:
    """Anything, of which every use gives the same again."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> Any:
        """Return itself; a function that it decorates stays as it is."""
        return self

    def __getitem__(self, _: object) -> Any:
        return self

    def __setitem__(self, _: object, __: object) -> None: ...

    def __iter__(self) -> Iterator[Any]:
        """Unpack as `fig, ax = plt.subplots()`."""
        return iter((self, self))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...


class StandIn(ModuleType):
    """A module with some names of its own; every other name is `Silent`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the stand-ins."""

    def __init__(self, data: Digits) -> None:
        self.data = data

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Return how to make a stand-in; None for every other module."""
        root = fullname.split(".")[0]
        if root not in REPLACED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        name = spec.name
        if name.split(".")[0] == "cupy":
            return np
        made = StandIn(name)
        vars(made).update(contents(name, self.data))
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs."""


def contents(name: str, data: Digits) -> Mapping[str, Any]:
    """Return the names of a module that have a meaning."""
    root, last = name.split(".")[0], name.rsplit(".", maxsplit=1)[-1]
    if root in KERAS:
        return _keras(name, last, data)
    if root == "mnist":
        return _mnist(data)
    if root == "numba":
        return dict.fromkeys(("jit", "njit", "vectorize"), _decorator) | {"prange": range}
    if root == "tqdm":
        return {"tqdm": _same, "trange": lambda n, **_: range(n), "notebook": StandIn(name)}
    if root == "idx2numpy":
        return {"convert_from_file": lambda path: _from_idx(str(path), data)}
    return {}


def _keras(name: str, last: str, data: Digits) -> Mapping[str, Any]:
    if last in ("mnist", "fashion_mnist"):
        return {"load_data": lambda *_, **__: _loaded(data)}
    if last == "datasets":
        sets = [_module(f"{name}.{one}", {"load_data": lambda *_, **__: _loaded(data)})
                for one in ("mnist", "fashion_mnist")]  # fmt: skip
        return {"mnist": sets[0], "fashion_mnist": sets[1]}
    if last in ("utils", "np_utils"):
        return {
            "to_categorical": to_categorical,
            "np_utils": _module(name, {"to_categorical": to_categorical}),
        }
    below = ("datasets", "utils") if last != "tensorflow" else ("keras",)
    return {one: _module(f"{name}.{one}", _keras(f"{name}.{one}", one, data)) for one in below}


def _module(name: str, values: Mapping[str, Any]) -> ModuleType:
    made = StandIn(name)
    vars(made).update(values)
    return made


def _loaded(data: Digits) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (_, y), (_, y_test) = data.train, data.test
    return (data.images("train"), y.astype(np.uint8)), (
        data.images("test"),
        y_test.astype(np.uint8),
    )


def to_categorical(y: Any, num_classes: int | None = None, **_: object) -> Array:
    """Return labels one-hot."""
    labels = np.asarray(y, dtype=int)
    return np.asarray(np.eye(num_classes or int(labels.max()) + 1)[labels])


def _mnist(data: Digits) -> Mapping[str, Any]:
    def loader(*_: object, **__: object) -> Any:
        return _module("mnist", {
            "load_training": lambda: tuple(one.tolist() for one in data.train),
            "load_testing": lambda: tuple(one.tolist() for one in data.test),
        })  # fmt: skip

    return {
        "MNIST": loader,
        "train_images": lambda: data.images("train"),
        "train_labels": lambda: data.train[1],
        "test_images": lambda: data.images("test"),
        "test_labels": lambda: data.test[1],
    }


def _from_idx(path: str, data: Digits) -> Array:
    return data.part(path)[1] if "label" in path else data.images(path)


def _same(items: Any = None, *_: object, **__: object) -> Any:
    return items


def _decorator(*arguments: Any, **_: object) -> Any:
    """Return the function, whether or not the decorator has arguments."""
    if len(arguments) == 1 and callable(arguments[0]):
        return arguments[0]
    return lambda function: function


def fetch_openml(data: Digits) -> Callable[..., Any]:
    """Return a function in place of scikit-learn's, which loads from the network."""

    def fetched(*_: object, **options: Any) -> Any:
        from sklearn.utils import Bunch

        images, labels = data.all
        X, y = images.astype(float), labels.astype(str).astype(object)
        if options.get("as_frame", bool(FRAMES.search(data.source))):
            pandas = importlib.import_module("pandas")
            X, y = pandas.DataFrame(X), pandas.Series(y)
        return (X, y) if options.get("return_X_y") else Bunch(data=X, target=y)

    return fetched


@contextmanager
def installed(data: Digits) -> Iterator[None]:
    """Return a context in which imports find the stand-ins."""
    loaded = without(lambda name, _: name.split(".")[0] in REPLACED)
    finder = Finder(data)
    sys.meta_path.insert(0, finder)
    try:
        with _digits_from_openml(data):
            yield
    finally:
        sys.meta_path.remove(finder)
        without(lambda name, _: name.split(".")[0] in REPLACED)
        sys.modules.update(loaded)  # a package cannot be loaded twice


def without(chosen: Callable[[str, ModuleType], bool]) -> dict[str, ModuleType]:
    """Forget the chosen modules, so that they are loaded anew, and return them."""
    found = {name: one for name, one in list(sys.modules.items()) if chosen(name, one)}
    for name in found:
        del sys.modules[name]
    return found


@contextmanager
def _digits_from_openml(data: Digits) -> Iterator[None]:
    if importlib.util.find_spec("sklearn") is None:
        yield
        return
    import sklearn.datasets

    original = sklearn.datasets.fetch_openml
    sklearn.datasets.fetch_openml = fetch_openml(data)
    try:
        yield
    finally:
        sklearn.datasets.fetch_openml = original
