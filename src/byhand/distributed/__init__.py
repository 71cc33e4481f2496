"""One training on several processes, which share each batch and end with the same bits.

    ranks.py     the processes of an MPI job: their numbers, and how they add and compare values
    shards.py    how a batch is divided, and in which order the parts are added
    trainer.py   the training loop of one rank
    job.py       errors: the first rank reports them for all

mpi4py is imported only in a process that mpirun has started.
"""

from byhand.distributed.job import one_voice
from byhand.distributed.ranks import Ranks, find_ranks, is_mpi_job
from byhand.distributed.shards import MOST_SHARDS

__all__ = ["MOST_SHARDS", "Ranks", "find_ranks", "is_mpi_job", "one_voice"]
