"""Runs a player's program: the program of the process that `check.py` starts.

    python -m byhand.hunt.worker REQUEST REPLY

REQUEST and REPLY are JSON files: {"folder": ..., "job": "check" or the name of a tool}.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from byhand.learner.explain import explain
from byhand.learner.limits import limit_resources


def main(request_file: str, reply_file: str) -> None:
    """Read a request, do the job and write the reply: its result, or the error that stopped it."""
    request = json.loads(Path(request_file).read_text("utf-8"))
    folder = Path(request["folder"])
    os.environ["BYHAND_KERNELS"] = "numpy"  # compiling would take longer than everything else
    warnings.simplefilter("ignore")  # the player sees the program's warnings when running it
    limit_resources(request["memory"], request["seconds"])
    reply: dict[str, Any] = {"error": None, "result": None}
    try:
        reply["result"] = _result(folder, request["job"])
    except (Exception, SystemExit) as error:
        reply["error"] = explain(error, lambda path: path.parent == folder)
    Path(reply_file).write_text(json.dumps(reply), "utf-8")


def _result(folder: Path, job: str) -> Any:
    from byhand.hunt.judge import differences  # imported within the limits of time and memory
    from byhand.hunt.load import load_program
    from byhand.hunt.tools import TOOLS

    program = load_program(folder)
    return differences(program) if job == "check" else TOOLS[job](program)


if __name__ == "__main__":
    main(*sys.argv[1:])
