"""The bill of materials is valid CycloneDX and lists every package that byhand needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from benchmarks.licences import needed

pytest.importorskip("cyclonedx_py", reason="cyclonedx-bom is not installed")
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]


def sbom_command():
    """Return the command of `make sbom`, as the Makefile has it."""
    text = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    line = next(line for line in text.splitlines() if "cyclonedx-py environment" in line)
    return re.split(r"\s+", line.strip())[1:]


@pytest.fixture
def users(tmp_path):
    """The Python of an environment with what users install: the metadata of those packages."""
    folder = tmp_path / "users"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    for package, _ in needed().values():
        metadata = Path(package._path)
        (packages / metadata.name).symlink_to(metadata)
    return folder / "bin" / "python"


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")
def test_the_bill_of_materials_is_valid_and_complete(tmp_path, users):
    path = tmp_path / "sbom.json"
    words = {"build/sbom.json": str(path), "$(SUPPLY)/users/bin/python": str(users)}
    command = [words.get(word, word) for word in sbom_command()]

    subprocess.run([sys.executable, "-m", "cyclonedx_py", *command], cwd=ROOT, check=True)

    text = path.read_text("utf-8")
    bom = json.loads(text)
    version = next(one for one in SchemaVersion if one.to_version() == bom["specVersion"])
    assert JsonStrictValidator(version).validate_str(text) is None
    listed = {re.sub(r"[-_.]+", "-", one["name"]).lower() for one in bom["components"]}
    assert listed == needed().keys() - {"byhand"}
    assert bom["metadata"]["component"]["name"] == "byhand"
