"""Every command has help with examples that parse, and shows it at once."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
import pytest

import byhand as package
from byhand import backend
from byhand.cli.app import EXAMPLES, VERBS, load
from byhand.cli.optional_values import with_values
from byhand.threads import blas_name

NAMES = list(VERBS)


def commands(command, path=()):
    """Yield a command and all commands below it, each with its words."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = [pair for name in NAMES for pair in commands(load(name), (name,))]
IDS = [" ".join(path) for path, _ in ALL]


def examples():
    """Return every command line in the help, without its comment."""
    texts = [*EXAMPLES]
    for name in NAMES:
        module = import_module(f"byhand.cli.{name}")
        texts += getattr(module, "EXAMPLES", ())
        epilog = getattr(load(name), "epilog", "") or ""
        texts += [line.strip() for line in epilog.splitlines() if line.startswith("  byhand")]
    return sorted({re.split(r"\s{2,}|\s>", text)[0] for text in texts})


# --- contents of the help -----------------------------------------------------------------------


def test_help_lists_every_verb_with_a_line_and_examples(byhand):
    said = byhand("--help")

    assert said.code == 0
    assert said.err == ""
    for name in NAMES:
        assert re.search(rf"^  {name}\s+\w.*\.$", said.out, re.MULTILINE), name
    assert "byhand train -dataset mnist -lr 0.1 -i 1000" in said.out


def test_without_a_verb_help_is_shown(byhand):
    assert byhand().out == byhand("--help").out


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_has_help_and_so_has_every_option(byhand, path, command):
    said = byhand(*path, "--help")

    assert said.code == 0
    assert said.out.startswith(f"Usage: byhand {' '.join(path)}")
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_shows_examples(byhand, name):
    assert f"byhand {name}" in byhand(name, "--help").out.partition("Examples:")[2]


@pytest.mark.parametrize("example", examples())
def test_every_example_is_a_command_line_that_is_understood(example):
    _, verb, *words = shlex.split(example)
    command = load({"eval": "evaluate"}.get(verb, verb))
    inner = getattr(command, "commands", {})
    if words and words[0] in inner:
        command, words = inner[words[0]], words[1:]

    context = command.make_context(verb, with_values(words))  # parses, and runs nothing

    assert context.params or not words


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=IDS)
def test_help_fits_eighty_columns(byhand, path):
    usage = byhand(*path, "--help").out.partition("Examples:")[0]

    assert max(len(line) for line in usage.splitlines()) <= 80


# --- versions and speed -------------------------------------------------------------------------


def version_lines(said):
    return dict(line.split(" ", 1) for line in said.out.splitlines())


def test_version_tells_on_what_the_numbers_depend(byhand, kernel_set):
    said = byhand("--version")
    lines = version_lines(said)

    assert said.code == 0
    assert lines["byhand"] == package.__version__
    assert lines["Python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert lines["NumPy"] == f"{np.__version__} (BLAS: {blas_name()})"
    assert lines["Numba"] == (version("numba") if find_spec("numba") else "not installed")
    own_pool = backend.pool() is not None
    assert (
        lines["kernels"] == f"{kernel_set} (threads: {'own pool' if own_pool else 'of the BLAS'})"
    )
    assert lines["platform"].startswith(platform.platform())
    assert byhand("-V").out == said.out


def test_version_answers_even_if_the_kernels_are_misspelt():
    process = subprocess.run(
        [sys.executable, "-m", "byhand", "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "BYHAND_KERNELS": "nunba"},
    )

    assert process.returncode == 0
    assert "kernels none: unknown backend 'nunba'. Did you mean 'numba'?" in process.stdout


# rich and pydantic are not in the list: some versions of typer load them themselves
HEAVY = ["numpy", "pooch", "safetensors", "numba", "byhand.network", "byhand.recipes"]


@pytest.mark.parametrize("word", ["--help", "tran"])
def test_the_group_answers_without_loading_anything_heavy(word):
    code = (
        "import json, sys\n"
        "from byhand.cli.app import run\n"
        f"run([{word!r}])\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert json.loads(process.stdout.splitlines()[-1]) == []
