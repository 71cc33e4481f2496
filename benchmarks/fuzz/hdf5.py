"""`python -m benchmarks.fuzz.hdf5`: feed damaged HDF5 files to the reader of Keras models.

Each file is read by a process of its own, which takes a fifth of a second, so these inputs are not
part of the campaigns. An input counts as an escape if the reader raises anything but an error of
byhand, or takes more processor time than two seconds.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import h5py
import numpy as np

from benchmarks.fuzz.answers import ESCAPE, count_answers
from benchmarks.fuzz.files import write_files
from benchmarks.fuzz.foreign import keras_models
from benchmarks.fuzz.mutate.folders import mutate_files
from benchmarks.fuzz.quick_random import QuickRandom
from byhand.errors import ByhandError
from byhand.interop.keras import load_keras

SECONDS = 2.0
"""Largest processor time, of which starting the process takes up to a half."""

OLDER_KERAS = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "i"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "relu"}},
            {
                "class_name": "Dense",
                "config": {"name": "dense_1", "units": 2, "activation": "softmax"},
            },
        ],
    },
}
"""The description of a network in a file of Keras 2."""


def corpus() -> dict[str, bytes]:
    """Return valid files: a whole model of Keras 2, weights alone, and archives of Keras 3."""
    rng = np.random.default_rng(1)
    arrays = {"dense": rng.normal(size=(4, 3)), "dense_1": rng.normal(size=(3, 2))}
    older, weights = io.BytesIO(), io.BytesIO()
    with h5py.File(older, "w") as file:
        file.attrs["model_config"] = json.dumps(OLDER_KERAS)
        for name, W in arrays.items():
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/kernel:0", f"{name}/bias:0"]
            group[f"{name}/kernel:0"] = W.astype(np.float32)
            group[f"{name}/bias:0"] = np.zeros(W.shape[1], np.float32)
    with h5py.File(weights, "w") as file:
        for name, W in arrays.items():
            file[f"layers/{name}/vars/0"] = W.astype(np.float32)
            file[f"layers/{name}/vars/1"] = np.zeros(W.shape[1], np.float32)
    archives = {f"{k}.keras": bytes(one["a.keras"]) for k, one in enumerate(keras_models())}
    return {"a.h5": older.getvalue(), "a.weights.h5": weights.getvalue(), **archives}


def read(path: Path) -> str:
    """Return how the reader answers: "accepted", the kind of its error, or an escape."""
    began = _processor_time()
    try:
        load_keras(path, ["relu", "softmax"] if path.name.endswith(".weights.h5") else None)
        answer = "accepted"
    except ByhandError as error:
        crashed = "crashed, or read it without end" in str(error)
        answer = "the HDF5 library did not end" if crashed else "refused"
    except Exception as error:
        answer = f"ESCAPE {type(error).__name__}: {error}"
    if _processor_time() - began > SECONDS:
        answer = f"ESCAPE over {SECONDS:g} s, then {answer}"
    return answer


def try_inputs(inputs: int, seed: int) -> Counter[str]:
    """Return the number of inputs with each answer."""
    rng: Random = QuickRandom(f"{seed} hdf5")
    valid, answers = list(corpus().items()), Counter[str]()
    for _ in range(inputs):
        name, content = rng.choice(valid)
        with tempfile.TemporaryDirectory() as place:
            files = mutate_files({name: content}, rng)
            write_files(Path(place), files)
            answer = read(Path(place) / name)
        answers[answer] += 1
        if answer.startswith(ESCAPE):
            print(answer, file=sys.stderr)
    return answers


def _processor_time() -> float:
    """Return the processor time of this process and of all that it started, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(words: list[str] | None = None) -> None:
    """Try the requested number of inputs; exit with 1 if one escaped."""
    count_answers("hdf5", __doc__, try_inputs, 300, words)


if __name__ == "__main__":
    main()
