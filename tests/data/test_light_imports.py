from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pooch",
    "PIL",
    "rich",
    "requests",
    "numba",
    "pydantic",
    "typer",
    "safetensors",
    "matplotlib",
)

ALLOWED = (
    "byhand.augmentation",
    "byhand.backend",
    "byhand.one_hot",
    "byhand.checks",
    "byhand.data",
    "byhand.errors",
    "byhand.decompression",
    "byhand.file_lock",
    "byhand.forks",
    "byhand.notebook",
    "byhand.npz_archive",
    "byhand.untrusted_files",
    "byhand.arrays",
    "byhand.lazy_rows",
    "byhand.atomic",
    "byhand.tables",
    "byhand.user_path",
    "byhand.terminal",
)


def test_importing_data_pulls_in_nothing_heavy() -> None:
    code = f"import sys, byhand.data; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_data_does_not_depend_on_networks() -> None:
    code = (
        "import sys, byhand.data;"
        "print(sorted(m for m in sys.modules if m.startswith('byhand.') "
        f"and not m.startswith({ALLOWED!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
