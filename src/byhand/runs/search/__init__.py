"""The search over settings of a recipe; the validation part chooses the best.

The folder of a search holds search.toml (the recipe with its search), a folder for each trial, and
above them the files of the best trial so far, so that it is a run like any other.

    plan.py       what is searched: settings, values, seeds
    claims.py     which process trains what
    study.py      values that Optuna draws
    storage.py    the database that holds them
    trial.py      one training
    work.py       the loop of one process
    workers.py    several processes, one of which may die
    worker.py     what each of them runs
    ranking.py    means and spreads over the seeds, the best
    outcome.py    what the folder of the search shows
    conduct.py    a search from its beginning, or from where it was cut off, to its end
    pictures.py   figures of a search
"""
