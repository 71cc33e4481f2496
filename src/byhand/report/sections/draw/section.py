"""Draw: a box to draw in, or the fields of a table's row, with the prediction at every change."""

from byhand.report.all_sections import ONE_ANSWER, Section

SECTION = Section(
    name="draw",
    place=20,
    title=lambda contents: "Try" if contents.subject.size is None else "Draw",
    computes=True,
    tasks=ONE_ANSWER,
    follows_box=True,
)
