"""Labels: the scores of each label, and the examples with the most wrong marks."""

from __future__ import annotations

from byhand.evaluation.label_scores import label_scores
from byhand.network.targets import MULTI_LABEL
from byhand.report.all_sections import Contents, Section, Values
from byhand.report.sections.mistakes.section import by_class


def _content(contents: Contents) -> Values:
    subject = contents.subject
    assert subject.test.labels is not None  # noqa: S101 - refused when the subject was made
    scores = label_scores(subject.test.labels, subject.network.predict(subject.images))
    return {"scores": by_class(scores.of_labels)}


def _help(contents: Contents) -> str:
    subject = contents.subject
    return (
        f"How well each label is given to the {subject.examples}, and the {subject.many} with the "
        f"most wrong marks. A label is given where its probability exceeds 50 %.{subject.caution}"
    )


SECTION = Section(
    name="labels",
    place=20,
    title="Labels",
    help=_help,
    content=_content,
    tasks=(MULTI_LABEL,),
    computes=True,
)
