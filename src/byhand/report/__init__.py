"""The one-file page: a run, its mistakes, its units and a drawing box, in one `report.html`."""

from byhand.report.file import ReportFile
from byhand.report.page import write_report
from byhand.report.section import Options, Rival

__all__ = ["Options", "ReportFile", "Rival", "write_report"]
