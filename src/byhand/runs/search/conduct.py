"""Conducts a search, from the start or from an interruption."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from byhand import backend
from byhand.errors import ArgumentError, DivergedError, FileError
from byhand.recipes.recipe import Recipe
from byhand.runs.build_network import build_network
from byhand.runs.folder import RunFolder
from byhand.runs.run import Run
from byhand.runs.run_json import RunFacts, first_facts, recorded
from byhand.runs.search.claim_loop import train_claims
from byhand.runs.search.claims import remove_abandoned
from byhand.runs.search.dask_cluster import Cluster
from byhand.runs.search.dispatch import run_on_cluster
from byhand.runs.search.outcome import Outcome, Trials
from byhand.runs.search.plan import Plan, read_plan, search_file
from byhand.runs.search.trial import Trial
from byhand.runs.search.workers import run_workers
from byhand.runs.single import write_recipe
from byhand.runs.split_dataset import SplitDataset, load_split
from byhand.runs.train_options import TrainOptions
from byhand.training.interrupt import REASONS

Watch = Callable[[Trials], None]


@dataclass(frozen=True)
class Crew:
    """The processes that train a search.

    Args:
        jobs: number of processes; 0 trains in this one, or on every thread of a cluster.
        watch: called about twice a second while they train.
        storage: printable address of the shared database.
        cluster: the Dask cluster that trains instead, at most `jobs` trials at a time.
    """

    jobs: int = 0
    watch: Watch | None = None
    storage: str = ""
    cluster: Cluster | None = None


def has_trials_left(folder: RunFolder) -> bool:
    """Return whether a run is a search with unfinished trials.

    Raises:
        ArgumentError: byhand 0.1.0 left it unfinished.
    """
    facts = folder.facts
    if facts.searched:
        return False
    if facts.search and facts.status != "finished" and not search_file(folder).exists():
        raise ArgumentError(
            f"{folder.path} is a search by an older byhand, which did not record what is left "
            f"to try. Resume a trial: --resume {folder.path / str(facts.search[-1]['folder'])}; or "
            "start the search again."
        )
    return search_file(folder).exists()


def start_search(
    recipe: Recipe, data: SplitDataset, folder: RunFolder, options: TrainOptions
) -> Run:
    """Train every combination of a recipe's search in this process; see `conduct`.

    Ctrl-C ends the search with the best trial so far; `resume_search` completes it.
    """
    return conduct(Plan(recipe, options.seed).checked(), data, folder, options, Crew())


def conduct(
    plan: Plan, data: SplitDataset, folder: RunFolder, options: TrainOptions, crew: Crew
) -> Run:
    """Train all trials, each in its own folder, and copy the files of the best one beside them.

    Args:
        plan: the search.
        data: the data, split by the plan's seed.
        folder: an empty folder, whose lock is held.
        options: options of each training, except seed and folder.
        crew: the processes that train.
    """
    net = build_network(plan.recipe, data.dataset, plan.seed)
    facts = first_facts(plan.recipe, data, net, options.sources)
    facts.training = {"kernels": backend.active()}
    facts.asked = {"threads": options.threads, "jobs": crew.jobs, **plan.as_dict()}
    if crew.storage:
        facts.asked["storage"] = crew.storage
    write_recipe(folder, plan.recipe, plan.seed)
    folder.write_split(data.rows)
    plan.write(folder)
    return _search(plan, data, folder, facts, options, crew)


def resume_search(
    folder: RunFolder,
    options: TrainOptions,
    epochs: int | None = None,
    crew: Crew | None = None,
) -> Run:
    """Continue an interrupted search: finish interrupted trials and train the remaining ones.

    Remaining trials use the number of threads that was requested when the search started.
    """
    if epochs is not None:
        raise ArgumentError(
            f"{folder.path} is a search that has not finished, and all its trials take the same "
            "number of epochs. Leave out --epochs, or start a new search."
        )
    plan = read_plan(folder)
    remove_abandoned(folder)
    data = load_split(folder, options.sources, options.say)
    facts = folder.facts.model_copy(deep=True)
    threads = facts.asked.get("threads") if options.threads is None else options.threads
    options = replace(options, threads=threads)
    return _search(plan, data, folder, facts, options, crew or Crew())


def _search(
    plan: Plan,
    data: SplitDataset,
    folder: RunFolder,
    facts: RunFacts,
    options: TrainOptions,
    crew: Crew,
) -> Run:
    """Train all unfinished trials; after each, the folder shows the best one."""
    outcome = Outcome(plan, folder, facts)
    with recorded(folder.facts_file, facts):
        stopped = _train_all(plan, data, folder, options, crew, outcome)
        outcome.update()
        best = outcome.best
        if best is None or best.run is None:
            if stopped:
                raise KeyboardInterrupt(stopped)
            if plan.study and not outcome.trials:
                raise FileError(
                    "nothing was left for this machine: others trained every trial of the study "
                    f"{plan.study!r}. Ask for more --trials, or name a new --study."
                )
            if not outcome.trials:
                raise FileError(
                    f"no trial of the search is in {folder.path}, although its database counts "
                    "them as done. Start the search again in another folder."
                )
            raise DivergedError(f"all {len(outcome.trials)} trials of the search diverged.")
        if not stopped:
            outcome.learn_doubt(data)
        outcome.score_test(data)
        facts.status, facts.searched = ("interrupted", False) if stopped else ("finished", True)
        facts.stopped = stopped or facts.stopped
    folder.forget()
    run = Run(folder, sources=options.sources, say=options.say)
    return run.holding(best.run.net, data, best.run.history)


def _train_all(
    plan: Plan,
    data: SplitDataset,
    folder: RunFolder,
    options: TrainOptions,
    crew: Crew,
    outcome: Outcome,
) -> str:
    """Train all trials; return the reason for an interruption, if there was one."""
    options = replace(options, sources=replace(options.sources, folder=folder.path))
    ended: Generator[Trial | None, None, None]
    if crew.cluster is not None:
        ended = run_on_cluster(plan, folder, options, crew.cluster, crew.jobs, crew.watch)
    elif crew.jobs:
        ended = run_workers(plan, folder, options, crew.jobs, crew.watch)
    else:
        ended = train_claims(plan, data, folder, options)
    stopped = ""
    try:
        for trial in ended:
            outcome.update()
            if trial is not None and trial.run is not None and trial.run.was_interrupted:
                stopped = trial.run.facts.stopped
    except KeyboardInterrupt as error:
        stopped = REASONS[signal.Signals(getattr(error, "number", signal.SIGINT))]
    finally:
        ended.close()
    return stopped
