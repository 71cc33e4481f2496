from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from byhand.data.known_datasets import ALIASES, DATASETS, ROLES, is_known, known_dataset
from byhand.errors import ArgumentError

NAMED = (
    "mnist fashion-mnist kmnist digits emnist-balanced emnist-byclass emnist-bymerge "
    "emnist-digits emnist-letters emnist-mnist"
)


def test_every_documented_name_is_known() -> None:
    assert set(DATASETS) == set(NAMED.split())


@pytest.mark.parametrize("name", DATASETS)
def test_every_entry_is_complete(name: str) -> None:
    known = DATASETS[name]

    assert known.name == name
    assert known.credit
    assert known.homepage.startswith("http")
    assert len(set(known.class_names)) == len(known.class_names) >= 10
    assert tuple(file.role for file in known.files) in ((), ROLES)
    assert known.files == () or len({file.name for file in known.files}) == 4
    for address in (*known.mirrors, *known.archives):
        assert urlsplit(address).netloc
    assert all(mirror.endswith("/") for mirror in known.mirrors)


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "digits"])
def test_every_download_can_be_checked_and_has_a_second_source(name: str) -> None:
    known = DATASETS[name]
    sums = [file.sha256 or file.archive_md5 or known.archive_md5 for file in known.files]

    assert all(re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{64}", digest or "") for digest in sums)
    assert len(known.mirrors or known.archives) >= 2


def test_only_mnist_and_fashion_mnist_have_known_payloads() -> None:
    complete = {name for name, known in DATASETS.items() if known.files and known.checksums_known}

    assert complete == {"mnist", "fashion-mnist"}


@pytest.mark.parametrize(
    ("name", "classes", "first", "last"),
    [
        ("emnist-balanced", 47, "0", "t"),
        ("emnist-byclass", 62, "0", "z"),
        ("emnist-letters", 26, "A", "Z"),
        ("kmnist", 10, "o", "wo"),
    ],
)
def test_class_names_are_in_the_order_of_the_labels(name, classes, first, last) -> None:
    names = DATASETS[name].class_names

    assert (len(names), names[0], names[-1]) == (classes, first, last)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("MNIST", "mnist"),
        ("Fashion_MNIST", "fashion-mnist"),
        ("fashion", "fashion-mnist"),
        (" digits ", "digits"),
        *ALIASES.items(),
    ],
)
def test_common_spellings_are_understood(spelling: str, name: str) -> None:
    assert is_known(spelling)
    assert known_dataset(spelling).name == name


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'emnist-letters'"):
        known_dataset("emnist-leters")


@pytest.mark.parametrize("name", DATASETS)
def test_the_first_address_of_a_download_is_encrypted(name: str) -> None:
    known = DATASETS[name]

    assert all(url.startswith("https://") for url in (known.mirrors or known.archives)[:1])


@pytest.mark.parametrize("known", DATASETS.values(), ids=lambda known: known.name)
def test_addresses_without_encryption_come_last_and_their_files_have_checksums(known) -> None:
    addresses = [*known.mirrors, *known.archives]
    encrypted = [address.startswith("https://") for address in addresses]

    assert encrypted == sorted(encrypted, reverse=True)
    if not all(encrypted):
        assert all(file.sha256 or file.archive_md5 for file in known.files)
