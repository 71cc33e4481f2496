"""The one-file page `report.html`: a run, its mistakes, its units and a drawing box."""

from byhand.report.file import ReportFile
from byhand.report.options import Options, Rival
from byhand.report.write import write_report

__all__ = ["Options", "ReportFile", "Rival", "write_report"]
