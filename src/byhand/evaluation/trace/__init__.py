"""Trace one example through a network, with every formula, its numbers and finite differences.

The trace is computed in float64 and in inference: dropout does nothing and batch normalisation
uses its running statistics, so that one example is enough. Penalties are left out.

    trace = trace_example(net, images[0], labels[0])
    print(trace)                         # everything, array by array
    print(trace.weight("W1", 400, 7))    # one weight
"""

from byhand.evaluation.trace.data import Step as Step
from byhand.evaluation.trace.data import Trace as Trace
from byhand.evaluation.trace.data import WeightTrace as WeightTrace
from byhand.evaluation.trace.documents import as_dict as as_dict
from byhand.evaluation.trace.documents import as_latex as as_latex
from byhand.evaluation.trace.steps import trace_example as trace_example
