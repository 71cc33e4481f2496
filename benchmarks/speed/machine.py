"""Describe the machine and the versions, so that results can be interpreted later."""

from __future__ import annotations

import datetime
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from byhand.threads import cores

PACKAGES = ("byhand", "numpy", "numba", "torch", "jax", "scikit-learn")


def describe_machine() -> dict[str, object]:
    """Return the processor, cores, memory, system, BLAS and versions."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _processor(),
        "cores": cores(),
        "memory_gb": _memory_gb(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "blas": _blas(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    """Return the processor's model and its widest vector instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    facts = dict(line.replace("\t", "").split(":", 1) for line in lines if ":" in line)
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2", "asimd") if name in flags), "")
    return f"{facts.get('model name', platform.machine()).strip()} {widest}".strip()


def _memory_gb() -> int | None:
    try:
        kilobytes = int(Path("/proc/meminfo").read_text().split()[1])
    except (OSError, ValueError):
        return None
    return round(kilobytes / 2**20)


def _blas() -> str:
    np.ones((2, 2)) @ np.ones((2, 2))
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not found:
        return "unknown"
    pool = found[0]
    kernel = pool.get("architecture", "")
    return (
        f"{pool['internal_api']} {pool['version']} {kernel}, {pool['num_threads']} threads".strip()
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
