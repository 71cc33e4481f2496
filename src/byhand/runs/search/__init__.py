"""The search over settings of a recipe, which chooses the best by the validation part.

The folder of a search contains search.toml (the recipe with its search space), a folder for each
trial, and beside them the files of the best trial so far, so that it is a run like any other.

    plan.py             the search itself: settings, values, seeds
    sampler.py          how the values of a trial are chosen: grid, random, TPE
    claims.py           which process trains what
    study.py            trials with drawn values, in Optuna's study
    storage.py          the database of the study
    heartbeat.py        signs of life of a trial, for other machines
    pruning.py          trials that fall behind are stopped early
    optuna_package.py   the optional package Optuna
    trial.py            one training
    claim_loop.py       the loop of one process
    workers.py          several processes, any of which may die
    worker.py           the program of each process
    dask_cluster.py          the connection to a Dask cluster
    dispatch.py         trainings sent to a cluster, and their files received
    cluster_task.py     one training on a worker of a cluster
    progress.py         how far each training is
    ranking.py          means and spreads over the seeds, and the best trial
    outcome.py          the results in the folder of the search
    conduct.py          a whole search, from the start or from an interruption
    pictures.py         figures of a search
"""
