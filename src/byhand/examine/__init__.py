"""The examiner: anyone's network from scratch, compared with byhand step by step.

`examine.py` starts a process (`worker.py`) that loads the file, finds its class or its functions
(`find_network.py`, `find_functions.py`), and runs one training step on a small batch in every
convention that the code may have: examples in rows or in columns, labels as numbers or one-hot
(`find_rows_or_columns.py`). `find_mistake.py` compares each number with byhand's (`steps.py`) and
looks for the mistake (`mistakes/`) with which byhand gives the same number.
"""
