"""Continues an interrupted run or search in its own folder, as if nothing had happened.

`single.py` reads the recipe, the data and the environment again, and tells and records which
settings of the recipe have been edited; `byhand.training.checkpoint` restores weights, optimizer,
history and epoch, and refuses another seed, optimizer or network. The result is the same to the
bit, because each epoch derives its random numbers from the seed.
"""

from __future__ import annotations

from byhand.atomic import remove_leftovers
from byhand.errors import ArgumentError
from byhand.runs.environment import restored_backend
from byhand.runs.folder import RunFolder
from byhand.runs.lock import locked
from byhand.runs.run import Run
from byhand.runs.search.conduct import Crew, has_trials_left, resume_search
from byhand.runs.single import resume_single
from byhand.runs.train_options import TrainOptions


def resume(
    folder: RunFolder,
    options: TrainOptions | None = None,
    epochs: int | None = None,
    crew: Crew | None = None,
) -> Run:
    """Continue a run as if it had not been interrupted; a search trains all remaining trials.

    Args:
        folder: folder of the run.
        options: all except seed and out, which are those of the run.
        epochs: total number of epochs; by default that of the recipe.
        crew: for a search: the processes that train; by default this one.

    Raises:
        ArgumentError: the run has finished, and no other number of epochs is given; or another
            process is training it.
    """
    options = options or TrainOptions()
    if folder.facts.status == "finished" and epochs is None:
        raise ArgumentError(
            f"{folder.path} has finished ({folder.facts.stopped}); there is nothing to resume. To "
            "train it further, give the total number of epochs with --epochs."
        )
    options.say(f"resuming {folder.path}")
    with locked(folder.path), restored_backend(folder.facts, options.say):
        remove_leftovers(folder.path, alone=True)
        if has_trials_left(folder):
            return resume_search(folder, options, epochs, crew)
        return resume_single(folder, options, epochs=epochs)
