"""Max-norm: a limit on the length of each unit's weights  (Srivastava et al. 2014).

After each step w <- w min(1, limit / ||w||), where w are the weights into one unit: a column of W.
Biases have no limit. With dropout, it lets training start with large steps without diverging.
"""

from __future__ import annotations

import numpy as np

from byhand.backend import overridable
from byhand.network.parameters import NamedVector


@overridable
def limit_norms(parameters: NamedVector, limit: float) -> None:
    """w *= limit / max(||w||, limit) for every column w of every weight matrix, in place."""
    for w in parameters.values():
        if w.ndim == 2:
            w *= limit / np.maximum(np.linalg.norm(w, axis=0), limit)
