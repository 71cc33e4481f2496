"""Data sets: read, check, download, prepare and augment them. Nothing here knows about networks."""

from __future__ import annotations

from byhand.augmentation import Augmentation, move_images
from byhand.data.data_folders import cache_folder
from byhand.data.dataset import Dataset, Part
from byhand.data.download import fetch_dataset, is_offline
from byhand.data.find_dataset import Found, Listing, find_dataset, list_datasets
from byhand.data.formats import FORMATS, Format, ReadOptions, register_format
from byhand.data.formats.image_folder import read_image, read_images
from byhand.data.formats.table import read_table
from byhand.data.formats.write_table import write_submission
from byhand.data.from_other_libraries import collect_examples
from byhand.data.known_datasets import DATASETS, KnownDataset, known_dataset
from byhand.data.load import load_dataset
from byhand.data.pictures import prepare_pictures
from byhand.data.prepare_picture import Preparation
from byhand.data.verify import FileReport, verify_dataset

__all__ = [
    "DATASETS",
    "FORMATS",
    "Augmentation",
    "Dataset",
    "FileReport",
    "Format",
    "Found",
    "KnownDataset",
    "Listing",
    "Part",
    "Preparation",
    "ReadOptions",
    "cache_folder",
    "collect_examples",
    "fetch_dataset",
    "find_dataset",
    "is_offline",
    "known_dataset",
    "list_datasets",
    "load_dataset",
    "move_images",
    "prepare_pictures",
    "read_image",
    "read_images",
    "read_table",
    "register_format",
    "verify_dataset",
    "write_submission",
]
