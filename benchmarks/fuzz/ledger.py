"""The ledger: a file with the figures of all campaigns, so that later ones add to earlier ones."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import byhand
from benchmarks.fuzz.rounds import Found

SOURCES = (Path(byhand.__file__).parent, Path(__file__).parent)


class Ledger:
    """The figures of all campaigns, in a JSON file.

    Args:
        file: the file; None keeps nothing.

    Attributes:
        readers: figures of each reader: inputs, accepted ones, answers, seconds, escapes by kind.
        campaigns: one entry for each campaign: seed, start, version, checksum of the code, inputs,
            seconds of processor time, and the kinds of escape that no earlier one had found.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        kept = json.loads(file.read_text()) if file is not None and file.exists() else {}
        self.readers: dict[str, dict[str, Any]] = kept.get("readers", {})
        self.campaigns: list[dict[str, Any]] = kept.get("campaigns", [])
        self._earlier = dict(self.readers)

    def begin(self, seed: int | None) -> int:
        """Add a campaign and return its seed, by default one that no earlier one had."""
        if seed is None:
            seed = 1 + max((one["seed"] for one in self.campaigns), default=-1)
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"seed": seed, "started": started, "version": byhand.__version__}
        counts = {"code": code_checksum(), "inputs": 0, "seconds": 0.0, "new_escapes": []}
        self.campaigns.append({**entry, **counts})
        return seed

    def update(self, found: Mapping[str, Found]) -> None:
        """Record the results of the running campaign so far."""
        for name, one in found.items():
            self.readers[name] = _sum(self._earlier.get(name, {}), one)
        this = self.campaigns[-1]
        this["inputs"] = sum(one.inputs for one in found.values())
        this["seconds"] = round(sum(one.seconds for one in found.values()), 1)
        this["new_escapes"] = [
            f"{name}: {kind}"
            for name, one in found.items()
            for kind in one.counts
            if kind not in self._earlier.get(name, {}).get("escapes", {})
        ]
        if self.file is not None:
            new = self.file.with_suffix(".new")
            content = {"readers": self.readers, "campaigns": self.campaigns}
            new.write_text(json.dumps(content, indent=1) + "\n")
            new.replace(self.file)

    @property
    def inputs(self) -> int:
        """Number of inputs of all campaigns."""
        return sum(one["inputs"] for one in self.campaigns)

    def inputs_of(self, reader: str) -> int:
        """Return the number of inputs of one reader."""
        return int(self.readers.get(reader, {}).get("inputs", 0))

    @property
    def inputs_since_new(self) -> int:
        """Number of inputs of the campaigns after the last one that found a new kind of escape."""
        count = 0
        for one in reversed(self.campaigns):
            if one["new_escapes"]:
                break
            count += one["inputs"]
        return count


def code_checksum() -> str:
    """Return a checksum of byhand's code and the fuzzer's, which tells campaigns apart."""
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sum(before: Mapping[str, Any], found: Found) -> dict[str, Any]:
    return {
        "inputs": before.get("inputs", 0) + found.inputs,
        "accepted": before.get("accepted", 0) + found.answers["accepted"],
        "answers": max(before.get("answers", 0), len(found.answers)),
        "seconds": round(before.get("seconds", 0.0) + found.seconds, 1),
        "escapes": dict(Counter(before.get("escapes", {})) + found.counts),
    }
