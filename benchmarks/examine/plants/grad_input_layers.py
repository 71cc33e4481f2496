"""Mistakes in `implementations/grad_input_layers.py`."""

PLANTS = (("mean_missing", "(soft - hot) / len(logits)", "soft - hot"),)
