"""Runs: training a recipe into a folder, and everything you can do with that folder.

run = byhand.train("basic")        # or byhand.Run("runs/basic-3"), byhand.Run("latest")
run.net, run.history, run.data, run.results
run.report()
run.figures()
run.doctor()
"""

from byhand.runs.run import Run as Run
from byhand.runs.train import train as train
from byhand.runs.train_options import TrainOptions as TrainOptions
