"""A search whose trials are trained by the workers of a Dask cluster.

This process chooses the trials and keeps their claims, the study and all files, as if it trained
them itself; the workers need neither the folder of the search nor its database. Each training is a
task of the cluster (`cluster_task.py`). If a worker dies, the scheduler gives its tasks to another
one. If this process dies, the workers notice and stop.
"""

from __future__ import annotations

import queue
import secrets
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand import backend, errors
from byhand.atomic import replacing, write_whole
from byhand.errors import ByhandError, FileError, FormatError
from byhand.runs.folder import RunFolder
from byhand.runs.run_json import RunFacts
from byhand.runs.search.claim_loop import source_of
from byhand.runs.search.claims import Claim, claimed
from byhand.runs.search.dask_cluster import Cluster, dask
from byhand.runs.search.outcome import Trials
from byhand.runs.search.plan import Plan
from byhand.runs.search.pruning import Pruning
from byhand.runs.search.trial import (
    Trial,
    describe,
    is_done,
    read_trial,
    trial_folder,
    with_seed,
)
from byhand.runs.search.workers import REFUSED, STOPPED, is_more_to_do
from byhand.runs.train_options import TrainOptions
from byhand.training import History
from byhand.untrusted_files import is_plain_name, parse_json

if TYPE_CHECKING:
    from byhand.runs.search.cluster_task import Answer, ClusterTask

HEAD = ("run.json", "recipe.toml", "search.toml", "split.npz")
"""Files of the search's folder that a worker needs."""

SECONDS_BETWEEN = 0.5
SECONDS_TO_STOP = 90.0

Watch = Callable[[Trials], None]


def run_on_cluster(
    plan: Plan,
    folder: RunFolder,
    options: TrainOptions,
    cluster: Cluster,
    jobs: int = 0,
    watch: Watch | None = None,
) -> Generator[None, None, None]:
    """Let a cluster train until nothing is left; yield after each training that has ended.

    Args:
        plan: the search.
        folder: its folder.
        options: options of each training.
        cluster: the cluster.
        jobs: largest number of trainings at a time; 0 for one on each thread of the cluster.
        watch: called about twice a second.

    Raises:
        ByhandError: a worker refuses a trial, or the scheduler has gone.
    """
    trials = Trials(plan, folder)
    dispatch = Dispatch(plan, folder, options, cluster)
    try:
        while True:
            threads = cluster.threads()
            while len(dispatch.sent) < (jobs or max(1, threads)) and dispatch.send_next():
                pass
            if watch is not None:
                watch(trials)
            if not dispatch.sent and not is_more_to_do(plan, folder, watch):
                return
            if dispatch.receive(SECONDS_BETWEEN):
                yield
    finally:
        dispatch.stop()


@dataclass
class Sent:
    """A claim, one training of which is on the cluster.

    Args:
        claim: the claim.
        held: its locks.
        trials: trainings of the claim that have ended.
        seed: seed of the training on the cluster.
        task: what was sent.
        future: the task.
        history: text of its history so far.
    """

    claim: Claim
    held: ExitStack
    trials: list[Trial]
    seed: int
    task: ClusterTask
    future: Any
    history: str = ""


class Dispatch:
    """Sends the trainings of a search to a cluster, and receives their files.

    Args:
        plan: the search.
        folder: its folder.
        options: options of each training.
        cluster: the cluster.
    """

    def __init__(
        self, plan: Plan, folder: RunFolder, options: TrainOptions, cluster: Cluster
    ) -> None:
        self.plan, self.folder, self.options, self.cluster = plan, folder, options, cluster
        self.source = source_of(plan, folder)
        self.name = f"byhand-{secrets.token_hex(4)}"
        self.sent: dict[str, Sent] = {}
        self._head = {name: folder.file(name).read_bytes() for name in HEAD}
        self._news: queue.Queue[str | Mapping[str, Any]] = queue.Queue()
        cluster.client.subscribe_topic(self.name, lambda event: self._news.put(event[1]))

    # --- sending --------------------------------------------------------------------------------

    def send_next(self) -> bool:
        """Send a training of the next claim; return whether there was a claim."""
        held = ExitStack()
        claim = held.enter_context(claimed(self.source, self.folder))
        if claim is None:
            held.close()
            return False
        self._go_on(claim, held, [])
        return True

    def _go_on(self, claim: Claim, held: ExitStack, trials: list[Trial]) -> None:
        """Send the next seed of a claim, unless all are done or more would be no better."""
        for seed in claim.seeds[len(trials) :]:
            if trials and (trials[-1].was_pruned or trials[-1].run is None):
                break
            folder = self._folder(claim, seed)
            trial = read_trial(claim.values, seed, folder) if is_done(folder) else None
            if trial is None:
                self._send(claim, held, trials, seed)
                return
            trials.append(trial)
        self.source.finish(claim, trials)
        held.close()

    def _send(self, claim: Claim, held: ExitStack, trials: list[Trial], seed: int) -> None:
        from byhand.runs.search.cluster_task import ClusterTask, do_task, read_files

        folder = self._folder(claim, seed)
        key = f"{folder.path.name}-{seed}-{self.name}-{secrets.token_hex(2)}"
        told = {
            "threads": self.options.threads or 1,  # Dask has a thread for each core
            "snapshots": self.options.snapshots,
            "data_dir": None,
            "offline": True,  # many workers would load the same files at the same time
            "claim": {"values": dict(claim.values), "name": claim.name, "seeds": [seed]},
        }
        begun = read_files(folder.path) if folder.facts_file.exists() else {}
        task = ClusterTask(
            key, self.name, told, backend.active(), self._head, folder.path.name, begun
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # a checkpoint may be large
            future = self.cluster.ask(
                lambda: self.cluster.client.submit(do_task, task, key=key, pure=False)
            )
        self.sent[key] = Sent(claim, held, trials, seed, task, future)
        future.add_done_callback(lambda _: self._news.put(key))

    def _folder(self, claim: Claim, seed: int) -> RunFolder:
        return trial_folder(self.folder, with_seed(claim.name, seed, self.plan.seed))

    # --- receiving ------------------------------------------------------------------------------

    def receive(self, seconds: float) -> bool:
        """Take what arrives within some seconds; return whether a training has ended."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                news = self._news.get(timeout=left)
            except queue.Empty:
                return False
            if not isinstance(news, str):
                self._show(news)
            elif news in self.sent:
                self._end(self.sent[news])
                return True
        return False

    def _show(self, event: Mapping[str, Any]) -> None:
        """Write the history of a training, for all to see, and stop it if it falls behind."""
        sent = self.sent.get(event["key"])
        if sent is None:
            return
        sent.history = sent.history[: event["at"]] + event["text"]
        path = self._folder(sent.claim, sent.seed).history_file
        with replacing(path, durable=False) as temporary:
            temporary.write_text(sent.history, "utf-8")
        if sent.seed == self.plan.seed:
            self._prune(sent, path)

    def _prune(self, sent: Sent, history_file: Path) -> None:
        """Compare a training with other trials, and let it end if it falls behind."""
        with suppress(FormatError):  # a part of the history was lost on the way
            history = History.from_csv(history_file)
            epochs = self.plan.recipe_of(sent.claim.values).spec.training.epochs
            for callback in sent.claim.callbacks:
                if isinstance(callback, Pruning) and callback.report(history, epochs):
                    self.cluster.ask(self._event(sent.task.prune).set)

    def _end(self, sent: Sent) -> None:
        """Keep the files of a training that has ended, and continue with its claim."""
        name, future = describe(sent.claim.values), sent.future
        if future.status in ("cancelled", "lost"):
            raise self.cluster.lost()
        if future.status != "finished":
            raise self.cluster.failed(name, self.cluster.ask(future.exception))
        answer: Answer = self.cluster.ask(future.result)
        if answer.code == REFUSED:
            kind, _, message = answer.complaint.splitlines()[-1].partition(": ")
            raise getattr(errors, kind, ByhandError)(f"Dask worker {answer.worker}: {message}")
        if answer.code not in (0, STOPPED):
            raise FileError(
                f"{name} was given up: the process that trained it on {answer.worker} ended with "
                f"code {answer.code}, again and again. {answer.complaint[-2000:]}".rstrip()
            )
        self._keep(sent, answer)
        del self.sent[sent.task.key]
        trial = read_trial(sent.claim.values, sent.seed, self._folder(sent.claim, sent.seed))
        if trial is None or trial.state == "interrupted":  # the worker was told to end: claim again
            sent.held.close()
            return
        self._go_on(sent.claim, sent.held, [*sent.trials, trial])

    def _keep(self, sent: Sent, answer: Answer) -> None:
        """Write the files of a training, run.json last, because it says that they are complete."""
        files = dict(answer.files)
        facts = RunFacts.model_validate(parse_json(files.pop("run.json")))
        own = self.folder.facts.dataset  # where the data are on this machine
        facts.dataset = own.model_copy(update={"rows": facts.dataset.rows})
        folder = self._folder(sent.claim, sent.seed)
        for name, content in files.items():
            if not is_plain_name(name):
                raise FormatError(f"{answer.worker} answered with a file named {name[:80]!r}.")
            write_whole(folder.path / name, content)
        folder.write_facts(facts)

    # --- the end --------------------------------------------------------------------------------

    def stop(self) -> None:
        """Let the cluster end what it trains, and keep the checkpoints for resuming."""
        try:
            if self.sent and self.cluster.is_reached:
                with suppress(ByhandError):
                    self._interrupt()
        finally:
            for sent in self.sent.values():
                sent.held.close()
                if self.cluster.is_reached:
                    sent.future.cancel()
            self.sent.clear()

    def _interrupt(self) -> None:
        stop = self._event(self.name)
        self.cluster.ask(stop.set)
        running = self.cluster.ask(self.cluster.client.processing).values()
        started = {key for keys in running for key in keys}
        waiting = [sent.future for key, sent in self.sent.items() if key in started]
        deadline = time.monotonic() + SECONDS_TO_STOP
        while not all(future.done() for future in waiting) and time.monotonic() < deadline:
            time.sleep(SECONDS_BETWEEN / 5)
        for sent in self.sent.values():
            if sent.future.status == "finished":
                answer: Answer = self.cluster.ask(sent.future.result)
                if answer.code in (0, STOPPED) and answer.files:
                    self._keep(sent, answer)
        self.cluster.ask(stop.clear)

    def _event(self, name: str) -> Any:
        return dask().Event(name, client=self.cluster.client)
