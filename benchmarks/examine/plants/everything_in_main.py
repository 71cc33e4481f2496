"""Mistakes in `implementations/everything_in_main.py`."""

PLANTS = (
    ("slope_missing", "            g2[h2 <= 0] = 0\n|            g1[h1 <= 0] = 0\n", "|"),
    ("bias_summed_over_everything", "g3.sum(axis=0)|g2.sum(axis=0)|g1.sum(axis=0)", "g3.sum()|g2.sum()|g1.sum()"),
    ("mean_missing", "(probs - yb) / len(xb)", "probs - yb"),
)  # fmt: skip
