"""The five published projects behind byhand, each as a page that runs.

A page is a Python script whose comments are the text. The documentation executes it, and `byhand
notebook` writes it as a Jupyter notebook.
"""

from byhand.sources.code import code as code
