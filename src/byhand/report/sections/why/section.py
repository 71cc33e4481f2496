"""Why: the parts of a drawing that support the prediction, and the numbers that lead to it.

`section.js` shows them; the support is gradient times ink, computed in `page/attribution.js`.
"""

from byhand.report.all_sections import ONE_ANSWER, Contents, Section


def _help(contents: Contents) -> str:
    what = "row" if contents.subject.size is None else "drawing"
    return f"What in the {what} supports the prediction, and how the numbers lead to it."


SECTION = Section(
    name="why", place=25, title="Why", help=_help, computes=True, tasks=ONE_ANSWER, follows_box=True
)
