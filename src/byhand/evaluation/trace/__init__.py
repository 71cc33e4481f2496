"""One example on its way through a network: every formula with its numbers, and every gradient
beside its finite difference.

All is computed in float64 and in inference: dropout does nothing and batch normalisation uses its
running statistics, so that one example can be followed alone. Penalties are left out.

    trace = trace_example(net, images[0], labels[0])
    print(trace)                         # everything, array by array
    print(trace.weight("W1", 400, 7))    # one weight
"""  # noqa: D205 - the summary takes two lines

from byhand.evaluation.trace.data import Step as Step
from byhand.evaluation.trace.data import Trace as Trace
from byhand.evaluation.trace.data import WeightTrace as WeightTrace
from byhand.evaluation.trace.documents import as_dict as as_dict
from byhand.evaluation.trace.documents import as_latex as as_latex
from byhand.evaluation.trace.steps import trace_example as trace_example
