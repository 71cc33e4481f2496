"""Compares the numbers of a learner's network with byhand's, and finds the mistakes behind them.

The stages are forward pass, loss, gradients and update. If a number differs, byhand computes it
again with each mistake of `mistakes/registry.py`, until one gives the learner's number.

After each stage byhand repeats the mistakes found so far. So a wrong softmax does not make every
later number look wrong, and mistakes in different stages are all found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from byhand.examine.agreement import Agreement
from byhand.examine.judgement import DIFFERS, Judgement, in_order
from byhand.examine.kinds import intended, losses, losses_of_gradient, possible
from byhand.examine.mistakes import catalogue
from byhand.examine.order import gradient_names, numbers_of, weights_before
from byhand.examine.other_step import OTHER_METHOD, other_step
from byhand.examine.problem import Problem
from byhand.examine.result import FOLLOWS, RIGHT, UNSEEN, WRONG, Cause, Check
from byhand.examine.steps import CROSS_ENTROPY, Mistake, Setting, observed, steps


def judge(
    problem: Problem, values: dict[str, Any], hints: dict[str, Any], single: bool = False
) -> Judgement:
    """Compare the numbers of a learner's network with byhand's.

    Args:
        problem: the parameters and the batch given to both.
        values: numbers of the network by name, such as "Z1", "loss", "dW2", "new W1".
        hints: names found in the source by `hints_of`.
        single: whether the network keeps its parameters in single precision.
    """
    agreement = Agreement(problem, values, single)
    found = [Judge(problem, agreement, hints).judge()]
    stages = {cause.stage for cause in found[0].causes} | found[0].unknown
    if "forward" in stages:
        # A forward pass may end with the scores if the loss contains the softmax.
        found.append(Judge(problem, agreement, hints, logits=True).judge())
        # The backward pass may be that of the right network, with the numbers of the wrong one.
        found.append(Judge(problem, agreement, hints, forward_only=True).judge())
    return min(found, key=lambda one: one.badness)


class Judge:
    """The comparison of one view with byhand."""

    def __init__(
        self,
        problem: Problem,
        agreement: Agreement,
        hints: dict[str, Any],
        logits: bool = False,
        forward_only: bool = False,
    ) -> None:
        self.problem, self.values, self.hints, self.logits = (
            problem, agreement.values, hints, logits
        )  # fmt: skip
        self.forward_only = forward_only
        self.L = len(problem.weights)
        self.agreement = agreement
        self.found = Judgement(next(intended(hints, logits, self.L - 1)))
        self.more: tuple[type, ...] = ()
        self.is_other_step = False

    def judge(self) -> Judgement:
        """Return the result of the comparison."""
        self._forward()
        self._loss()
        self._gradient()
        self.found.causes = in_order(self.found.causes)
        return self.found

    # --- forward --------------------------------------------------------------------------------

    def _forward(self) -> None:
        names = [
            f"{kind}{n}"
            for n in range(1, self.L + 1)
            for kind in "ZA"
            if f"{kind}{n}" in self.values
        ]
        if not names:
            return
        self._choose_forward(names)
        reference = steps(self.problem, self.found.setting).run()
        local = steps(self.problem, self.found.setting, (), observed(self.values)).run()
        self._check(
            "forward", [f"{k}{n}" for n in range(1, self.L + 1) for k in "ZA"], reference, local
        )

    def _choose_forward(self, names: Sequence[str]) -> None:
        fitting = [
            one
            for one in possible(self.hints, self.logits, self.L - 1)
            if self._agrees(names, steps(self.problem, one).run())
        ]
        if fitting:
            self.found.setting = fitting[0]
            if fitting[0].scale != 1:
                self.found.notes.append(
                    "forward scales its inputs by 1/255 itself, so the comparison does, too."
                )
            return
        for setting in intended(self.hints, self.logits, self.L - 1):
            for one in self._explaining("forward", setting, names):
                self._accept("forward", setting, one)
                if self.forward_only:
                    self.more = (observed(self.values),)
                return
        self.found.setting = next(intended(self.hints, self.logits, self.L - 1))
        self._unexplained("forward", names)
        self.more = (observed(self.values),)

    # --- loss -----------------------------------------------------------------------------------

    def _loss(self) -> None:
        if "loss" not in self.values:
            self.found.checks.append(Check("loss", "loss", UNSEEN))
            return
        kinds = losses(self.found.setting.output, self.problem.sizes[-1], self.hints)
        for loss, factor in kinds:
            setting = self.found.setting.with_loss(loss, factor)
            if self._agrees(["loss"], self._run(setting)):
                self.found.setting = setting
                self.found.checks.append(Check("loss", "loss", RIGHT))
                self._sigmoid_for_softmax()
                return
        named = [one for one in kinds if one[0] in self.hints["loss"]] or kinds
        for loss, factor in named + [one for one in kinds if one not in named]:
            setting = self.found.setting.with_loss(loss, factor)
            for one in self._explaining("loss", setting, ["loss"]):
                self._accept("loss", setting, one)
                break
            else:
                continue
            break
        else:
            loss, factor = named[0]
            self.found.setting = self.found.setting.with_loss(loss, factor)
            self._unexplained("loss", ["loss"])
        self.found.checks.append(
            Check("loss", "loss", WRONG, self._detail("loss", self._run_right()))
        )

    def _sigmoid_for_softmax(self) -> None:
        """Report a loss for softmax that is used with sigmoid outputs."""
        setting = self.found.setting
        if setting.output != "sigmoid" or setting.loss != CROSS_ENTROPY:
            return
        if "softmax" in self.hints["output"] and setting.hidden.name == "sigmoid":
            text = (
                "the last layer has the sigmoid of the hidden layers, but the loss is made for the "
                "softmax of the file: use that."
            )
            cause = Cause("hidden_activation_as_output", "forward", text, f"A{self.L}")
            self.found.causes.append(cause)
        else:
            self.found.notes.append(
                "the loss -sum t log a is made for softmax; sigmoid outputs have the binary one."
            )

    # --- gradients and update -------------------------------------------------------------------

    def _gradient(self) -> None:
        shown = [name for name in gradient_names(self.L) if name in self.values]
        moved = [f"new {n[1:]}" for n in gradient_names(self.L) if f"new {n[1:]}" in self.values]
        if not shown and not moved:
            return
        self._choose_gradient(shown, moved)
        known = self._made()
        before = [one for one in known if one.kind_stage not in ("gradient", "update")]
        reference = steps(self.problem, self.found.setting, before, *self.more).run()
        with_gradient = [one for one in known if one.kind_stage != "update"]
        explained = steps(self.problem, self.found.setting, with_gradient, *self.more).run()
        self._gradient_checks(shown, moved, reference)
        self._update_checks(moved, reference, explained)

    def _choose_gradient(self, shown: list[str], moved: list[str]) -> None:
        settings = self._gradient_settings()
        for names in (moved, shown):  # the values that the step uses are what counts
            for setting in settings:
                if names and self._agrees(names, self._run(setting)):
                    self._note_factor(setting)
                    self.found.setting = setting
                    self._after_right(names is moved, shown, moved)
                    return
        target = shown if len(shown) >= len(moved) - 2 and shown else moved
        every = [*shown, *moved]
        for names in (every, target, moved) if moved and shown else (target,):
            for setting in settings:
                for one in self._explaining("gradient", setting, names):
                    self._accept("gradient", setting, one)
                    if names is target and moved and target is not moved:
                        self._update(moved)
                    return
        if moved and self._pair(settings, shown, moved):
            return
        self.found.setting = settings[0]
        if shown or not self._is_other_step(moved):
            self._unexplained("gradient", target)

    def _after_right(self, by_update: bool, shown: list[str], moved: list[str]) -> None:
        """Judge the rest when either the step or the gradients are right."""
        if by_update:
            if shown and not self._agrees(shown, self._run(self.found.setting)):
                self.found.notes.append(
                    "the gradients differ from byhand's, but the update makes up for the "
                    "difference: the step is right."
                )
        elif moved:
            self._update(moved)

    def _gradient_settings(self) -> list[Setting]:
        """Return the kinds of loss whose gradient may be intended, that of the loss first."""
        setting, K = self.found.setting, self.problem.sizes[-1]
        if "loss" in self.values:
            return losses_of_gradient(setting, K)
        return [setting.with_loss(*one) for one in losses(setting.output, K, self.hints)]

    def _note_factor(self, setting: Setting) -> None:
        if "loss" in self.values and setting.factor != self.found.setting.factor:
            ratio = setting.factor / self.found.setting.factor
            self.found.notes.append(
                f"the gradient is {ratio:g} times that of the loss: a constant, which the learning "
                "rate makes up for."
            )

    def _update(self, moved: list[str]) -> None:
        """Explain the new parameters, given the gradients."""
        if self._agrees(moved, self._run(self.found.setting)):
            return
        for one in self._explaining("update", self.found.setting, moved):
            self._accept("update", self.found.setting, one)
            return
        if not self._is_other_step(moved):
            self._unexplained("update", moved)

    def _is_other_step(self, moved: list[str]) -> bool:
        """Return whether the step is not plain descent, or has another rate; note it then."""
        note = other_step(self.problem, self.values, moved, self._run(self.found.setting))
        if note is None and self.hints["varies"]:
            note = OTHER_METHOD
        if note is None:
            return False
        self.is_other_step = True
        self.found.notes.append(note)
        return True

    def _pair(self, settings: Sequence[Setting], shown: list[str], moved: list[str]) -> bool:
        """Explain gradients that are not shown by a mistake of the update, or by two mistakes."""
        if not shown:
            for setting in settings:
                for one in self._explaining("update", setting, moved):
                    self._accept("update", setting, one)
                    return True
        target = shown or moved
        known = catalogue("gradient", settings[0], self.L)
        for pair in combinations([one for one in known if one.layers is None], 2):
            setting = settings[0]
            sim = steps(self.problem, setting, [*self._made(), *pair], *self.more).run()
            if self._agrees(target, sim):
                self._accept("gradient", setting, pair)
                if shown:
                    self._update(moved)
                return True
        return False

    def _gradient_checks(
        self, shown: list[str], moved: list[str], reference: dict[str, Any]
    ) -> None:
        """Record for each gradient whether it, or the step that it makes, is right."""
        wrong: set[str] = set()
        at_fault = "gradient" in {*self.found.unknown, *(one.stage for one in self.found.causes)}
        for name in gradient_names(self.L):
            new = f"new {name[1:]}"
            seen = name in shown or new in moved
            effective = new in moved and self._agrees([new], reference)
            right = effective or (name in shown and self._agrees([name], reference))
            if not at_fault and seen:
                right = True  # the gradient is right; the update is not
            status = RIGHT if right else UNSEEN if not seen else WRONG
            if status == WRONG:
                status = FOLLOWS if wrong & weights_before(name, self.L) else WRONG
                wrong.add(name)
            status = self._status("gradient", status)
            detail = (
                "" if right or not seen else self._detail(name if name in shown else new, reference)
            )
            self.found.checks.append(Check(name, "gradient", status, detail))

    def _update_checks(
        self, moved: list[str], reference: dict[str, Any], explained: dict[str, Any]
    ) -> None:
        """Record for each new parameter whether it is right, or follows from a wrong gradient."""
        stages = {cause.stage for cause in self.found.causes}
        for new in (f"new {kind}{n}" for n in range(1, self.L + 1) for kind in "Wb"):
            if new not in moved:
                self.found.checks.append(Check(new, "update", UNSEEN))
                continue
            right = self._agrees([new], reference)
            follows = "gradient" in stages and (
                self._agrees([new], explained) or "update" not in stages
            )
            status = RIGHT if right else FOLLOWS if follows else WRONG
            if (self.is_other_step or "gradient" in self.found.unknown) and status == WRONG:
                status = UNSEEN
            status = self._status("update", status)
            told = "" if status in (RIGHT, UNSEEN) else self._detail(new, reference)
            self.found.checks.append(Check(new, "update", status, told))

    # --- all stages -----------------------------------------------------------------------------

    def _made(self) -> list[Mistake]:
        """Return the mistakes found so far, which byhand repeats."""
        left_out = "forward" if self.forward_only else ""
        return [one for one in self.found.mistakes if one.kind_stage != left_out]

    def _run(self, setting: Setting) -> dict[str, Any]:
        return steps(self.problem, setting, self._made(), *self.more).run()

    def _run_right(self) -> dict[str, Any]:
        return steps(self.problem, self.found.setting, (), *self.more).run()

    def _agrees(self, names: Iterable[str], simulated: dict[str, Any]) -> bool:
        return all(self.agreement.same(name, simulated[name]) for name in names)

    def _explaining(
        self, stage: str, setting: Setting, names: Sequence[str]
    ) -> Iterator[tuple[Mistake, ...]]:
        """Yield each mistake of a stage that makes byhand give the learner's numbers."""
        for one in catalogue(stage, setting, self.L):
            made = steps(self.problem, setting, [*self._made(), one], *self.more).run()
            if self._agrees(names, made):
                yield (one,)

    def _accept(self, stage: str, setting: Setting, mistakes: Sequence[Mistake]) -> None:
        self.found.setting = setting
        right = self._run(setting)
        for one in mistakes:
            self.found.mistakes.append(replace(one, kind_stage=stage))
            self.found.causes.append(Cause(one.name, stage, one.says, self._first(stage, right)))

    def _first(self, stage: str, right: dict[str, Any]) -> str:
        """Return the first number of a stage that differs."""
        for name in numbers_of(stage, self.L):
            if name in self.values and not self._agrees([name], right):
                return name
        return ""

    def _unexplained(self, stage: str, names: Sequence[str]) -> None:
        """Record a difference that no known mistake explains, described by the usual slips."""
        right = self._run(self.found.setting)
        for name in numbers_of(stage, self.L):
            if name in names and not self._agrees([name], right):
                break
        else:
            return
        text = self.agreement.told(name, right[name], slips=True)
        is_step = all(one.startswith("new ") for one in names)
        if stage == "forward" or is_step or self.found.unknown:
            self.found.unknown.add(stage)
            self.found.notes.append(f"{name} {DIFFERS} ({text}).")
        else:
            cause = Cause("unknown", stage, f"{name}: {text}", name, certain=False)
            self.found.causes.append(cause)

    def _status(self, stage: str, status: str) -> str:
        """Return a status; what differs from every known network was not compared."""
        hidden = {stage, "forward"} & self.found.unknown and status in (WRONG, FOLLOWS)
        return UNSEEN if hidden else status

    def _detail(self, name: str, reference: dict[str, Any]) -> str:
        return self.agreement.told(name, reference[name]) if name in self.values else ""

    def _check(
        self, stage: str, names: Sequence[str], reference: dict[str, Any], local: dict[str, Any]
    ) -> None:
        """Record for each number whether it is right, wrong, or wrong because of an earlier one."""
        for name in names:
            if name not in self.values:
                self.found.checks.append(Check(name, stage, UNSEEN))
            elif self._agrees([name], reference):
                self.found.checks.append(Check(name, stage, RIGHT))
            else:
                status = FOLLOWS if self._agrees([name], local) else WRONG
                status, detail = self._status(stage, status), self._detail(name, reference)
                self.found.checks.append(Check(name, stage, status, detail))
