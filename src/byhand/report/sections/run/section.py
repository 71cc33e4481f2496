"""Run: the details of the network and its training; it comes last."""

from __future__ import annotations

from byhand.evaluation.subject import Subject
from byhand.network import Network
from byhand.network.summary import summary_rows
from byhand.report.all_sections import ALL_TASKS, Contents, Section, Values
from byhand.report.sections.run.details import details


def _content(contents: Contents) -> Values:
    return {
        "summary": _summary(contents.subject),
        "facts": details(contents),
        "recipe": contents.options.recipe,
        "size": _size(contents.subject.network),
    }


def _summary(subject: Subject) -> str:
    network = subject.network
    functions = [getattr(layer, "activation", None) for layer in network.layers]
    names = [function.name for function in functions if function is not None]
    shape = f"{network.shape_text}; {', '.join(names)}"
    data = f"trained on {subject.data_title} and " if subject.name else ""
    return (
        f"A fully-connected network ({shape}), {data}evaluated on "
        f"{len(subject.test):,} {subject.examples} that it did not learn from."
        f"{subject.caution} Everything on this page is computed in your browser; nothing is "
        "loaded and nothing is sent."
    )


def _size(network: Network) -> dict[str, int]:
    return {
        "parameters": network.parameters.vector.size,
        "bytes": network.parameters.vector.nbytes,
        "multiply_adds": sum(row.multiply_adds for row in summary_rows(network)),
    }


SECTION = Section(name="run", place=90, title="Run", content=_content, tasks=ALL_TASKS)
