"""Max-norm: a limit on the length of each unit's weights  (Srivastava et al. 2014).

After each step w <- w min(1, limit / ||w||), where w are the weights into one unit: a column of W.
Biases have no limit. Beside dropout, it lets learning begin with large steps without blowing up.
"""

from __future__ import annotations

import numpy as np

from byhand.network.parameters import NamedVector


def limit_norms(parameters: NamedVector, limit: float) -> None:
    """Shorten the columns of every weight matrix that are longer than the limit, in place."""
    for w in parameters.values():
        if w.ndim != 2:
            continue
        squares = np.einsum("ij,ij->j", w, w)
        largest = squares.max()
        if largest > limit * limit:
            w *= np.minimum(1, limit / np.sqrt(np.maximum(squares, limit * limit)))
