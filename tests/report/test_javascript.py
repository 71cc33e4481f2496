"""The page's modules in Node: `node --test`, without a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from byhand.report.page import module_paths, module_source

NODE = shutil.which("node")
TESTS = sorted(Path(__file__).with_name("javascript").glob("*.test.mjs"))


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The folder of the page's modules, as files that import each other without a build step."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "package.json").write_text('{"type": "module"}')
    for path in module_paths():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(module_source(path), encoding="utf-8")
    return folder


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_modules_in_node(modules, path):
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout[1:].partition(".")[0]) < 20:
        pytest.skip(f"Node 20 or newer is needed; this is {version.stdout.strip()}")
    environment = os.environ | {"PAGE": (modules / "page").as_uri()}
    done = subprocess.run(
        [NODE, "--test", path], capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_every_test_file_is_found():
    assert len(TESTS) >= 3
