"""Data sets that byhand knows by name: files, mirrors, checksums, class names, credit.

A file is identified by the SHA-256 of its payload, the content after decompression, because hosts
compress the same data differently. These checksums are recorded for MNIST and Fashion-MNIST. For
KMNIST and EMNIST they are **not known yet**: their downloads are checked against the MD5 of the
archive that torchvision publishes, and then by structure (counts and shapes).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field

from byhand.errors import unknown_name

ROLES = ("train_images", "train_labels", "test_images", "test_labels")
"""The roles of the four files of a data set."""

IDX_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True)
class KnownFile:
    """One file of a known data set.

    Args:
        role: one of `ROLES`.
        name: the file name on the mirrors and in the cache.
        sha256: SHA-256 of the payload, or None if it is not known.
        archive_md5: MD5 of the compressed file, used if the SHA-256 is not known.
    """

    role: str
    name: str
    sha256: str | None = None
    archive_md5: str | None = None

    @property
    def part(self) -> str:
        """Return the part of the data set: "train" or "test"."""
        return self.role.partition("_")[0]

    @property
    def holds_images(self) -> bool:
        """Return whether the file contains images rather than labels."""
        return self.role.endswith("images")


@dataclass(frozen=True)
class KnownDataset:
    """A data set of the registry: everything known before its files are read.

    Args:
        name: the name for `load_dataset` and the command line.
        title: the name in text.
        class_names: names of label 0, label 1, ...
        counts: (train, test) images; one pair for each edition of the data set.
        credit: authors, publication and licence.
        homepage: address of its web page.
        folder: its folder in the cache and in the data folder.
        files: the four files.
        mirrors: addresses of the folder of the files, best first.
        archives: addresses of one ZIP archive with the files of several data sets, used instead
            of mirrors.
        archive_md5: MD5 of that archive.
        megabytes: size of the download.
        torchvision: its folder among torchvision's data sets.
        keras: its file or folder among Keras's data sets.
        image_size: (height, width) in pixels.
        transposed: whether the images in the files are transposed.
        first_label: number of the first class in the files.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    counts: tuple[tuple[int, int], ...]
    credit: str
    homepage: str
    folder: str
    files: tuple[KnownFile, ...] = ()
    mirrors: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    archive_md5: str | None = None
    megabytes: float = 0
    torchvision: str | None = None
    keras: str | None = None
    image_size: tuple[int, int] = (28, 28)
    transposed: bool = False
    first_label: int = 0
    checksums_known: bool = field(init=False)

    def __post_init__(self) -> None:
        """Record whether the payload of every file can be verified."""
        object.__setattr__(self, "checksums_known", all(file.sha256 for file in self.files))


DIGITS = tuple(string.digits)
MERGED = tuple(string.digits + string.ascii_uppercase + "abdefghnqrt")
CHARACTERS = tuple(string.digits + string.ascii_uppercase + string.ascii_lowercase)

MNIST = KnownDataset(
    name="mnist",
    title="MNIST, handwritten digits",
    class_names=DIGITS,
    counts=((60_000, 10_000),),
    credit="The MNIST database of handwritten digits, Y. LeCun, C. Cortes, C. J. C. Burges. "
    "CC BY-SA 3.0.",
    homepage="http://yann.lecun.com/exdb/mnist/",
    folder="mnist",
    files=tuple(
        KnownFile(role, name, sha256)
        for role, name, sha256 in zip(
            ROLES,
            IDX_NAMES,
            (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
            strict=True,
        )
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://raw.githubusercontent.com/fgnt/mnist/master/",
    ),
    megabytes=11.6,
    torchvision="MNIST",
    keras="mnist.npz",
)

FASHION_MNIST = KnownDataset(
    name="fashion-mnist",
    title="Fashion-MNIST, clothes",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    counts=((60_000, 10_000),),
    credit="Fashion-MNIST, H. Xiao, K. Rasul, R. Vollgraf (2017), arXiv:1708.07747, Zalando SE. "
    "MIT licence.",
    homepage="https://github.com/zalandoresearch/fashion-mnist",
    folder="fashion-mnist",
    files=tuple(
        KnownFile(role, name, sha256)
        for role, name, sha256 in zip(
            ROLES,
            IDX_NAMES,
            (
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
            strict=True,
        )
    ),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # not encrypted: last
    ),
    megabytes=30.9,
    torchvision="FashionMNIST",
    keras="fashion-mnist",
)

KMNIST = KnownDataset(
    name="kmnist",
    title="Kuzushiji-MNIST, cursive Japanese",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    counts=((60_000, 10_000),),
    credit="KMNIST Dataset, created by CODH, adapted from Kuzushiji Dataset, created by NIJL and "
    "others, doi:10.20676/00000341; T. Clanuwat et al. (2018), arXiv:1812.01718. CC BY-SA 4.0.",
    homepage="http://codh.rois.ac.jp/kmnist/",
    folder="kmnist",
    files=tuple(
        KnownFile(role, name, archive_md5=md5)
        for role, name, md5 in zip(
            ROLES,
            IDX_NAMES,
            (
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            ),
            strict=True,
        )
    ),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        # a fixed revision, so that later changes of this copy do not matter
        "https://huggingface.co/datasets/tanganke/kmnist/resolve/"
        "756d43e894032ce8838db8b32e7500c9c3b5d050/raw/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",  # not encrypted: last, checked by MD5
    ),
    megabytes=21.3,
    torchvision="KMNIST",
)


def _emnist(
    split: str,
    title: str,
    class_names: tuple[str, ...],
    *counts: tuple[int, int],
    first_label: int = 0,
) -> KnownDataset:
    """Return one of EMNIST's six data sets. All come in one archive of transposed images."""
    kinds = ("images-idx3-ubyte.gz", "labels-idx1-ubyte.gz")
    names = [f"emnist-{split}-{part}-{kind}" for part in ("train", "test") for kind in kinds]
    return KnownDataset(
        name=f"emnist-{split}",
        title=f"EMNIST {title}",
        class_names=class_names,
        counts=counts,
        credit="EMNIST, G. Cohen, S. Afshar, J. Tapson, A. van Schaik (2017), arXiv:1702.05373; "
        "from NIST Special Database 19, a work of the United States government.",
        homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        folder="emnist",
        files=tuple(KnownFile(role, name) for role, name in zip(ROLES, names, strict=True)),
        archives=(
            "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
        ),
        archive_md5="58c8d27c78d21e728a6bc7b3cc06412e",
        megabytes=535,
        torchvision="EMNIST",
        transposed=True,
        first_label=first_label,
    )


UCI_DIGITS = KnownDataset(
    name="digits",
    title="UCI digits, 8x8, in the package",
    class_names=DIGITS,
    counts=((1_437, 360),),
    credit="Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak (1998), UCI Machine "
    "Learning Repository, doi:10.24432/C50P49. CC BY 4.0.",
    homepage="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    folder="digits",
    image_size=(8, 8),
)

DATASETS: dict[str, KnownDataset] = {
    known.name: known
    for known in (
        UCI_DIGITS,
        MNIST,
        FASHION_MNIST,
        KMNIST,
        _emnist("balanced", "balanced, digits and letters", MERGED, (112_800, 18_800)),
        _emnist("byclass", "by class, digits and letters", CHARACTERS, (697_932, 116_323)),
        _emnist("bymerge", "by merge, digits and letters", MERGED, (697_932, 116_323)),
        _emnist("digits", "digits", DIGITS, (240_000, 40_000)),
        _emnist(
            "letters",
            "letters, both cases as one",
            tuple(string.ascii_uppercase),
            # the archive contains more images than the paper states
            (124_800, 20_800),
            (88_800, 14_800),
            first_label=1,
        ),
        _emnist("mnist", "MNIST, digits", DIGITS, (60_000, 10_000)),
    )
}
"""Name -> data set, for every name that `load_dataset` knows."""

ALIASES = {
    "fashion": "fashion-mnist",
    "fashionmnist": "fashion-mnist",
    "kuzushiji-mnist": "kmnist",
    "emnist": "emnist-balanced",
    "uci-digits": "digits",
}
"""Other names -> names in `DATASETS`."""


def is_known(name: str) -> bool:
    """Return whether a name is in `DATASETS`, in any spelling."""
    return _canonical(name) in DATASETS


def known_dataset(name: str) -> KnownDataset:
    """Return the data set with this name; `Fashion_MNIST` and `fashion-mnist` are the same.

    Raises:
        ArgumentError: an unknown name; the message suggests the nearest.
    """
    if not is_known(name):
        raise unknown_name("data set", name, DATASETS)
    return DATASETS[_canonical(name)]


def _canonical(name: str) -> str:
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    return ALIASES.get(plain, plain)
