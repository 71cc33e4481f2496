"""Which signals training takes over, what they do then, and what is left of that afterwards."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace

import pytest

from byhand import signals
from byhand.training.interrupt import stop_on_interrupt


class Run:
    """Keeps the first reason to stop."""

    stop_reason = None

    def stop(self, reason):
        self.stop_reason = self.stop_reason or reason


def own(number, frame):
    """A handler of the program's own."""


@pytest.fixture(autouse=True)
def _handlers():
    """Put the handlers back after each test."""
    before = {number: signal.getsignal(number) for number in signals.ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "handler", "is_taken"),
    [
        (signal.SIGINT, signal.default_int_handler, True), (signal.SIGINT, own, True),
        (signal.SIGINT, signals.end, True), (signal.SIGINT, signal.SIG_DFL, True),
        (signal.SIGINT, signal.SIG_IGN, False), (signal.SIGTERM, signals.end, True),
        (signal.SIGTERM, own, False), (signal.SIGTERM, signal.SIG_DFL, False),
        (signal.SIGTERM, signal.SIG_IGN, False),
    ],
)  # fmt: skip
def test_which_signals_are_taken_over_and_given_back(number, handler, is_taken):
    signal.signal(number, handler)
    with stop_on_interrupt(Run()):
        assert (signal.getsignal(number) is not handler) == is_taken

    assert signal.getsignal(number) is handler


def test_the_first_signal_asks_and_the_second_does_what_it_did_before():
    called = []
    signal.signal(signal.SIGINT, lambda number, frame: called.append((number, frame)))
    handler = signal.getsignal(signal.SIGINT)
    run = Run()
    with stop_on_interrupt(run):
        signal.raise_signal(signal.SIGINT)
        assert (run.stop_reason, called) == ("interrupted (Ctrl-C)", [])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert [number for number, _ in called] == [signal.SIGINT]
    assert called[0][1] is not None
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("handler", [signal.SIG_DFL, own])
def test_a_second_signal_ends_training_whatever_its_handler(handler):
    signal.signal(signal.SIGINT, handler)
    with stop_on_interrupt(Run()):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_after_another_reason_to_stop_the_first_signal_is_the_second():
    run = Run()
    run.stop("enough")
    with stop_on_interrupt(run), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    assert run.stop_reason == "enough"


def test_a_handler_that_was_set_during_training_stays():
    signal.signal(signal.SIGTERM, signals.end)
    with stop_on_interrupt(Run()):
        signal.signal(signal.SIGTERM, own)

    assert signal.getsignal(signal.SIGTERM) is own


def test_each_signal_gives_its_own_reason():
    signal.signal(signal.SIGTERM, signals.end)
    run = Run()
    with stop_on_interrupt(run):
        signal.raise_signal(signal.SIGTERM)

    assert run.stop_reason == "interrupted (SIGTERM)"


def test_a_thread_leaves_the_handlers_alone():
    before, during = signal.getsignal(signal.SIGINT), []

    def train():
        with stop_on_interrupt(SimpleNamespace(stop_reason=None)):
            during.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()

    assert during == [before]
