"""Count the mistakes of the bug hunt that show in gradient check, doctor's findings or accuracy.

python -m benchmarks.hunt             # all of them, in a few minutes
python -m benchmarks.hunt uphill      # only these
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

from byhand.hunt.bug import BUGS, Bug, program
from byhand.hunt.load import DIGITS, load_program
from byhand.hunt.tools import doctor, gradcheck

RIGHT_ERROR = 1e-5
GOOD = 0.98
"""A test accuracy that the correct program exceeds."""


def seen(bug: Bug) -> dict[str, bool]:
    """Plant a mistake and return the tools that reveal it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for module, text in bug.planted(program()).items():
            (folder / f"{module}.py").write_text(text, "utf-8")
        shutil.copy(DIGITS, folder)
        loaded, said = load_program(folder), io.StringIO()
        with contextlib.redirect_stdout(said):
            loaded.train.main()
            loaded.evaluate.main()
        gradients = gradcheck(loaded)
        findings = doctor(loaded)
    by_gradient = any(row["shape"] or max(row["errors"]) > RIGHT_ERROR for row in gradients)
    by_doctor = any(line.startswith(("warning", "critical")) for line in findings)
    accuracy = re.search(r"test accuracy +(\S+)", said.getvalue())
    return {
        "the gradient check finds a wrong gradient": by_gradient,
        "the doctor finds something": by_doctor,
        "at least one of the two": by_gradient or by_doctor,
        "only reading, counting and doubting help": not by_gradient and not by_doctor,
        "the printed test accuracy is still 98 % or more": bool(
            accuracy and float(accuracy[1]) >= GOOD
        ),
    }


def main(names: list[str]) -> None:
    """Print a line for each mistake, and the table of the documentation."""
    os.environ.setdefault("BYHAND_KERNELS", "numpy")
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    for name in names or BUGS:
        found = seen(BUGS[name])
        counts.update(what for what, is_so in found.items() if is_so)
        print(f"{name:32}{', '.join(what for what, is_so in found.items() if is_so)}", flush=True)
    for what, count in counts.items():
        print(f"| {what} | {count} |")


if __name__ == "__main__":
    main(sys.argv[1:])
