"""`report.html`: everything worth looking at after training, in one file that works offline.

`page.py` joins the file and escapes what is text in it; `payload.py` packs data and names.
"""

from __future__ import annotations

from pathlib import Path

from byhand.atomic import write_whole
from byhand.evaluation.subject import Subject
from byhand.report.contents import collect
from byhand.report.file import ReportFile
from byhand.report.options import Options
from byhand.report.page import assemble, html, script, style
from byhand.report.payload import pack


def write_report(path: str | Path, subject: Subject, options: Options | None = None) -> ReportFile:
    """Write the one-file page of a trained network and return its path, which notebooks show.

    Args:
        path: the file, or a folder in which `report.html` is written.
        subject: the network with its training and test parts; the page contains samples of both.
        options: further facts about the run, and the size of the page.

    Raises:
        ArgumentError: training examples without labels, or labels beyond the network's outputs.
        FileError: a path that cannot be written.
    """
    options = options or Options()
    program = script(subject.network)
    fixed = sum(len(text.encode()) for text in (style(), html(), program))
    header, arrays = collect(subject, options, options.budget - fixed)
    page = assemble(header["title"], pack(header, arrays), program)
    path = Path(path) / "report.html" if Path(path).is_dir() else path
    return ReportFile(write_whole(path, page.encode()))
