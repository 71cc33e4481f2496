"""Everything that the bits of a run depend on besides its recipe, data and seed.

Rounding depends on the order of additions, which depends on the number of threads, the backend, the
BLAS and the CPU. A run records all of them, and a resumed run restores what it can.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import byhand
from byhand import backend
from byhand.distributed import Ranks
from byhand.errors import ArgumentError
from byhand.terminal import Say
from byhand.threads import blas_name, choose_threads, cores
from byhand.training.trainer import rows_at_once

if TYPE_CHECKING:
    from byhand.mlp import MultiLayerPerceptron
    from byhand.recipes.fields_and_defaults import TrainingSpec
    from byhand.runs.run_json import RunFacts

PACKAGES = ("numpy", "numba", "safetensors", "pydantic", "pooch", "threadpoolctl")


def versions() -> dict[str, str]:
    """Return the versions of byhand, Python and every package that affects the numbers."""
    own = {"byhand": byhand.__version__, "python": platform.python_version()}
    return {**own, **_versions_of(PACKAGES)}


@cache
def _versions_of(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the installed versions; reading their metadata takes longer than a small network."""
    found = {}
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def machine() -> dict[str, Any]:
    """Return platform, processor, cores, and which instructions NumPy, BLAS and Numba use."""
    return {
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": cores(),
        "simd": _simd(),
        "blas": _blas(),
        "compiled_for": _compiled_for(),
        "pool": backend.pool() is not None,
    }


def conditions(
    net: MultiLayerPerceptron, training: TrainingSpec, examples: int, threads: int | None
) -> dict[str, Any]:
    """Return the backend, number of threads and BLAS that `fit` will use."""
    batch = examples if training.batch_size == "all" else min(int(training.batch_size), examples)
    return {
        "kernels": backend.active(),
        "threads": choose_threads(net.widths, rows_at_once(net, batch), threads),
        "blas": blas_name(),
    }


def environment_of(facts: RunFacts) -> dict[str, Any]:
    """Return everything that the bits of a run depended on, by name."""
    settings = {name: facts.training.get(name) for name in ("kernels", "threads")}
    return {**facts.versions, **facts.machine, **settings}


def environment_now(training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same for this process, with the backend and threads of `training`."""
    settings = {name: training.get(name) for name in ("kernels", "threads")}
    return {**versions(), **machine(), **settings}


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the differences as {name: [then, now]}; older versions did not record every name."""
    both = {name: [then[name], now[name]] for name in then if name in now}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


@contextlib.contextmanager
def restored_backend(facts: RunFacts, say: Say) -> Iterator[None]:
    """Compute with the backend of a run inside the block.

    Raises:
        ArgumentError: it cannot be used here, and BYHAND_KERNELS names no other.
    """
    then, here = str(facts.training.get("kernels") or backend.active()), backend.active()
    if then != here:
        try:
            backend.use(then)
        except ArgumentError as error:
            if not os.environ.get("BYHAND_KERNELS"):
                raise ArgumentError(
                    f"the run was started with the backend {then!r}, which cannot be used here: "
                    f"{error} To continue with different rounding, set BYHAND_KERNELS={here}."
                ) from error
            say(
                f"started with the backend {then}, continuing with {here}: the last digits may "
                "differ."
            )
    try:
        yield
    finally:
        backend.use(here)


def restored_threads(facts: RunFacts, wanted: int | None, say: Say) -> int | None:
    """Return the number of threads of a run, or the requested one, with a message."""
    then = facts.training.get("threads")
    if then is None or wanted == then:
        return wanted
    if wanted is not None:
        say(f"started with {then} threads, continuing with {wanted}: the last digits may differ.")
        return wanted
    if then > cores():
        say(f"started with {then} threads, which are kept; on {cores()} cores this may be slow.")
    return int(then)


def restored_ranks(facts: RunFacts) -> Ranks | None:
    """Return this process with as many shards as the run has; None if it has whole batches."""
    shards = facts.training.get("shards")
    return None if shards is None else Ranks(int(shards))


# --- what computes here -------------------------------------------------------------------------


def _simd() -> list[str]:
    """Return the instruction sets that NumPy uses on this CPU."""
    config: Any = np.show_config(mode="dicts")
    sets = config.get("SIMD Extensions", {})
    return [*sets.get("baseline", []), *sets.get("found", [])]


def _blas() -> str:
    """Return name, version and kernels of NumPy's BLAS: "openblas 0.3.31, SkylakeX"."""
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    # SciPy brings its own, loaded later; NumPy's wheels keep theirs beside the package.
    beside_numpy = [one for one in found if "numpy" in Path(one["filepath"]).parent.name]
    for library in beside_numpy or found:
        words = [f"{library['internal_api']} {library['version']}", library.get("architecture")]
        return ", ".join(word for word in words if word)
    return "unknown"


def _compiled_for() -> str | None:
    """Return the target CPU of compiled kernels; None with another backend."""
    if backend.active() != "numba":
        return None
    from llvmlite import binding

    return str(binding.get_host_cpu_name())
