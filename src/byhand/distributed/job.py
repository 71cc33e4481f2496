"""Reports an error of any rank once, through the first rank, and ends the whole job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from byhand.distributed.ranks import Ranks
from byhand.errors import DivergedError, RankError
from byhand.terminal import to_stderr


@contextmanager
def one_voice(ranks: Ranks | None) -> Iterator[None]:
    """Run a block on every rank; if it fails on one, the first rank raises and the others end.

    Before training begins, a rank that fails tells the others, and the first rank raises its own
    error or that of another rank. An error of one rank during training ends all processes: the
    other ranks wait for numbers that do not come.
    """
    try:
        yield
    except BaseException as error:
        if ranks is None or ranks.size == 1:
            raise
        if not isinstance(error, (RankError, DivergedError)):  # these two reach every rank
            _end_others(ranks, error)
        if ranks.is_first:
            raise
        raise SystemExit(0) from error


def _end_others(ranks: Ranks, error: BaseException) -> None:
    """Tell the other ranks about an error, or end them if they cannot be reached."""
    text = str(error) or type(error).__name__
    if ranks.stage == "preparing" and not isinstance(error, KeyboardInterrupt):
        try:
            ranks.agree(text)
        except RankError:
            return
    elif ranks.stage != "done":
        if ranks.is_first or not isinstance(error, KeyboardInterrupt):  # mpirun signals all ranks
            to_stderr(f"rank {ranks.rank} ends the job: {text}")
        ranks.abort(1)
