"""`byhand search`: train a recipe with many settings, and choose by the validation part."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from byhand.cli import printing
from byhand.cli.options import takes
from byhand.cli.search_arguments import SearchArguments
from byhand.cli.search_table import described, print_search, watching
from byhand.cli.train_results import print_scores, run_as_dict
from byhand.errors import ArgumentError, ByhandError, unknown_name
from byhand.readable import duration
from byhand.recipes.from_options import recipe_from_options
from byhand.recipes.recipe import Recipe
from byhand.recipes.search_space import Range, as_toml, parse_dimension
from byhand.runs import Run
from byhand.runs.folder import RunFolder, find_run
from byhand.runs.resume import resume
from byhand.runs.search.conduct import Crew, has_trials_left
from byhand.runs.search.dask_cluster import connected
from byhand.runs.search.optuna_package import import_optuna
from byhand.runs.search.outcome import WINNER
from byhand.runs.search.pictures import draw_search
from byhand.runs.search.plan import TRIALS, Plan, read_plan
from byhand.runs.search.sampler import GRID, SAMPLERS, TPE
from byhand.runs.search.storage import STORAGE, without_password
from byhand.runs.search.workers import default_jobs
from byhand.runs.split_dataset import PARTS
from byhand.runs.train import search as search_runs
from byhand.training.interrupt import signal_of

EXAMPLES = (
    "byhand search l2-search                         the grid of a recipe",
    "byhand search --grid l2=0.001,0.0001,0.00005    three values, with the recipe basic",
    "byhand search --grid units=32,128 --grid depth=1,2 --seeds 3",
    "byhand search --over 'learning_rate=1e-4..1e-1 log' --over 'units=16..512 log' --trials 30",
    "byhand search --over layers=300,128-64,none --over activation=relu,tanh --sampler random",
    "byhand search l2-search --on tcp://host:8786    train on the workers of a Dask cluster",
    "byhand search --resume basic-search-1           continue an interrupted search",
)


@takes(SearchArguments)
def search(arguments: SearchArguments) -> None:
    """Train a recipe with many settings and choose the best on the validation part.

    A setting is a field of the recipe's training or network (l2, learning_rate, optimizer,
    weight_init, training.optimizer.beta1, ...) or one of the hidden layers: layers, depth, units,
    activation, dropout. --grid trains all combinations. --over draws values, which needs Optuna.
    Each trial is a run in the search's folder. The folder itself becomes the run of the best trial,
    the only one that is scored on the test part. After Ctrl-C or a power failure, --resume
    continues the search.
    """
    if arguments.storage is not None:
        os.environ[STORAGE] = arguments.storage  # the workers read it here, and ps does not show it
    on = connected(arguments.on) if arguments.on is not None else nullcontext()
    with on as cluster, watching(arguments.is_quiet) as watch:
        if cluster is not None and not cluster.threads():
            printing.note("the Dask cluster has no workers yet; the search waits for them")
        crew = Crew(arguments.jobs or 0, watch, cluster=cluster)
        if arguments.resume is not None:
            run = _resumed(arguments, crew)
        else:
            run = _searched(arguments, crew)
    drawn = _figures(run) if arguments.figures else {}
    if arguments.as_json:
        printing.json_lines({**run_as_dict(run), "figures": drawn})
    else:
        _print(run, drawn, arguments.on)
    number = signal_of(run.facts.stopped) if run.was_interrupted else None
    if number is not None:
        raise SystemExit(128 + number)


# --- what is searched ---------------------------------------------------------------------------


def _searched(arguments: SearchArguments, crew: Crew) -> Run:
    plan = _plan(arguments)
    storage = os.environ.get(STORAGE, "") if plan.study else ""
    jobs = crew.jobs if crew.cluster else crew.jobs or default_jobs(plan)
    crew = replace(crew, jobs=jobs, storage=without_password(storage))
    return search_runs(plan, arguments.options(), crew)


def _plan(arguments: SearchArguments) -> Plan:
    """Return the search that the options and the recipe ask for."""
    if arguments.grid and arguments.over:
        raise ArgumentError(
            "give --grid or --over, not both: a grid trains every combination, and --over draws "
            "values. A list of values can be given to --over, too: --over l2=0.001,0.0001."
        )
    recipe = _recipe(arguments)
    is_drawn = bool(arguments.over) or not all(
        isinstance(values, list) for values in recipe.spec.search.values()
    )
    if not is_drawn:
        _refuse_for_a_grid(arguments)
        return Plan(recipe, arguments.seed, arguments.seeds).checked()
    sampler = arguments.sampler or TPE
    if sampler not in SAMPLERS or sampler == GRID:
        raise unknown_name("sampler", sampler, [name for name in SAMPLERS if name != GRID])
    import_optuna()
    return Plan(
        recipe,
        arguments.seed,
        arguments.seeds,
        sampler,
        arguments.trials or TRIALS,
        arguments.prune,
        _study_name(arguments, recipe),
    ).checked()


def _recipe(arguments: SearchArguments) -> Recipe:
    """Return the recipe with the changes and the search of the options."""
    recipe = recipe_from_options(
        arguments.recipe,
        dataset=arguments.dataset,
        epochs=arguments.epochs,
        validation=arguments.validation,
    )
    option = "--grid" if arguments.grid else "--over"
    given = [parse_dimension(option, text) for text in arguments.grid or arguments.over or []]
    if not given:
        return recipe
    ranges = [name for name, one in given if isinstance(one, Range)]
    if arguments.grid and ranges:
        raise ArgumentError(
            f"--grid takes a list of values, and {ranges[0]} has a range. Draw values from it with "
            "--over."
        )
    space = dict(given)
    if len(space) < len(given):
        twice = next(name for name, _ in given if [one for one, _ in given].count(name) > 1)
        raise ArgumentError(f"{option} names {twice} twice. Give all its values together.")
    return recipe.changed({"search": {name: as_toml(one) for name, one in space.items()}})


def _refuse_for_a_grid(arguments: SearchArguments) -> None:
    for name in ("trials", "sampler", "study", "storage"):
        if getattr(arguments, name) is not None:
            raise ArgumentError(
                f"--{name} is for drawn values, but this is a grid, which trains every "
                "combination. Leave it out, or write --over instead of --grid."
            )


def _study_name(arguments: SearchArguments, recipe: Recipe) -> str:
    """Return the name of the shared study, or None without a shared database."""
    if os.environ.get(STORAGE):
        return arguments.study or recipe.name
    if arguments.study:
        raise ArgumentError(
            "--study names a search in a database that several machines share. Name that, too, "
            "with --storage."
        )
    return ""


def _resumed(arguments: SearchArguments, crew: Crew) -> Run:
    """Continue a search with its original settings."""
    new = SearchArguments()
    fixed = ("recipe", "grid", "over", "trials", "sampler", "seeds", "seed", "dataset", "epochs")
    given = [
        name
        for name in (*fixed, "validation", "out", "study")
        if getattr(arguments, name) != getattr(new, name)
    ]
    if given:
        raise ArgumentError(
            "--resume continues a search with its original settings, so it takes no "
            f"{', '.join(given)}. Leave it out, or start a new search without --resume."
        )
    folder = find_run(arguments.resume)
    if folder.facts.status != "finished" and not has_trials_left(folder):
        raise ArgumentError(
            f"{folder.path} is not a search. Continue it with: byhand train --resume {folder.path}"
        )
    jobs = crew.jobs if crew.cluster else crew.jobs or _jobs_of(folder)
    return resume(folder, arguments.options(), crew=replace(crew, jobs=jobs))


def _jobs_of(folder: RunFolder) -> int:
    """Return the number of processes with which the search was started."""
    if folder.facts.status == "finished":
        return 1  # `resume` reports that there is nothing to do
    jobs = folder.facts.asked.get("jobs")
    return jobs if type(jobs) is int and jobs > 0 else default_jobs(read_plan(folder))


# --- what is printed ----------------------------------------------------------------------------


def _print(run: Run, drawn: dict[str, Path], on: str | None) -> None:
    print_search(run)
    printing.line()
    print_scores({part: run.results[part] for part in PARTS if run.results.get(part)})
    printing.line()
    facts = run.facts
    done = len(facts.search)
    how = "stopped after" if run.was_interrupted else "searched"
    printing.line(f"{how} {done} training{'s' * (done != 1)}, {duration(facts.seconds)}")
    printing.line(f"chosen   {described(facts.chosen)}, by the validation part")
    printing.line(f"winner   byhand train {run.path / WINNER}")
    printing.line(f"search   {run.path}")
    for path in drawn.values():
        printing.line(f"figure   {path}")
    if run.was_interrupted:
        printing.line(f"resume   byhand search --resume {run.path}{f' --on {on}' if on else ''}")


def _figures(run: Run) -> dict[str, Path]:
    """Draw the search; return None if that is impossible."""
    if run.was_interrupted:
        return {}
    try:
        return draw_search(run)
    except ByhandError as error:  # the search is done and saved; only the figures are not
        printing.note(f"no figures were drawn: {error}")
        return {}
