"""Formats of data sets: one module for each format reads, writes and checks it.

`FORMATS` lists them by name, and `load_dataset` uses the first that recognises a path. Add your own
format with one call:

    def read_arff(path, options):
        ...
        return Dataset(path.stem, Part(x, y), None, class_names)

    register_format("arff", read_arff, suffixes=(".arff",))
    load_dataset("iris.arff")
"""

from byhand.data.formats.find_format import FORMATS as FORMATS
from byhand.data.formats.find_format import Format as Format
from byhand.data.formats.find_format import find_format as find_format
from byhand.data.formats.find_format import register_format as register_format
from byhand.data.formats.options import ReadOptions as ReadOptions
