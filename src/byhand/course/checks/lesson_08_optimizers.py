"""Lesson 8: optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from byhand.arrays import FloatArray
from byhand.course.checks import library
from byhand.course.exercise import Case, Exercise
from byhand.training.schedules import Cosine


def _momentum_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "p": rng.standard_normal(5),
                "g": rng.standard_normal(5),
                "v": rng.standard_normal(5) * old,
                "learning_rate": 0.1,
                "mu": 0.8,
            }
        )
        for old in (0, 1, 1)
    ]


def _adam_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            {
                "p": rng.standard_normal(5),
                "g": rng.standard_normal(5),
                "m": rng.standard_normal(5) * (t > 1),
                "v": rng.uniform(0.5, 2, 5) * (t > 1),
                "t": t,
                "learning_rate": 0.02,
                "beta1": 0.9,
                "beta2": 0.99,
                "epsilon": 1e-2,  # large enough to see where it stands
            }
        )
        for t in (1, 2, 7)
    ]


def _adam(mistake: str) -> Callable[..., Any]:
    """Return a step of Adam with a mistake."""

    def adam(
        p: FloatArray,
        g: FloatArray,
        m: FloatArray,
        v: FloatArray,
        t: int,
        rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
    ) -> tuple[FloatArray, ...]:
        if mistake == "betas":
            beta1, beta2 = beta2, beta1
        old_m, old_v = m, v
        m = beta1 * m + (1 if mistake == "damping" else 1 - beta1) * g
        v = beta2 * v + (1 - beta2) * (np.abs(g) if mistake == "square" else g**2)
        if mistake == "old":
            m_hat, v_hat = old_m, old_v
        else:
            m_hat, v_hat = m, v
        power = {"late": t + 1, "early": t - 1}.get(mistake, t)
        if mistake != "uncorrected":
            m_hat = m_hat / (1 - (beta1 * t if mistake == "product" else beta1**power))
            v_hat = v_hat / (1 - (beta2 * t if mistake == "product" else beta2**power))
        if mistake == "half":
            v_hat = v
        root = np.sqrt(v_hat + epsilon) if mistake == "inside" else np.sqrt(v_hat) + epsilon
        root = v_hat + epsilon if mistake == "root" else root
        step = rate * m_hat / root
        p = p + step if mistake == "uphill" else p - step
        return (p, m_hat, v_hat) if mistake == "returned" else (p, m, v)

    return adam


def _cosine_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case({"epoch": epoch, "epochs": epochs, "start": start})
        for epoch, epochs, start in ((0, 10, 0.1), (3, 10, 0.1), (10, 10, 0.1), (7, 20, 0.5))
    ]


EXERCISES = (
    Exercise(
        "momentum_step",
        ("p", "v"),
        _momentum_cases,
        library.momentum,
        {
            "the step uses the old velocity; use the new one": (
                lambda p, g, v, rate, mu: (p - rate * v, mu * v + g)
            ),
            "the gradient is multiplied by (1 - mu), which makes the steps ten times smaller; here "
            "v = mu v + g": (
                lambda p, g, v, rate, mu: (
                    p - rate * (mu * v + (1 - mu) * g),
                    mu * v + (1 - mu) * g,
                )
            ),
            "the steps go uphill: subtract": (
                lambda p, g, v, rate, mu: (p + rate * (mu * v + g), mu * v + g)
            ),
            "the velocity is lost: v = mu v + g": lambda p, g, v, rate, mu: (p - rate * g, g),
            "mu multiplies the gradient instead of the old velocity": (
                lambda p, g, v, rate, mu: (p - rate * (v + mu * g), v + mu * g)
            ),
            "that is Nesterov's step; here p - learning_rate * v": (
                lambda p, g, v, rate, mu: (p - rate * (g + mu * (mu * v + g)), mu * v + g)
            ),
            "the learning rate is not used": lambda p, g, v, rate, mu: (
                p - (mu * v + g),
                mu * v + g,
            ),
            "the velocity already contains the learning rate; that is another definition": (
                lambda p, g, v, rate, mu: (p - (mu * v + rate * g), mu * v + rate * g)
            ),
            "mu is not used: the old velocity never fades": (
                lambda p, g, v, rate, mu: (p - rate * (v + g), v + g)
            ),
        },
    ),
    Exercise(
        "adam_step",
        ("p", "m", "v"),
        _adam_cases,
        library.adam,
        {
            "the correction of m and v is missing, 1 / (1 - beta^t)": _adam("uncorrected"),
            "t is one too large in the correction; the first step has t = 1": _adam("late"),
            "t is one too small in the correction; the first step has t = 1": _adam("early"),
            "beta t instead of beta^t: write `beta1**t`": _adam("product"),
            "epsilon is inside the root; add it to the root": _adam("inside"),
            "the square root of v is missing": _adam("root"),
            "v takes the absolute gradient; it takes the square": _adam("square"),
            "beta1 and beta2 are swapped": _adam("betas"),
            "m takes the whole gradient; multiply it by (1 - beta1)": _adam("damping"),
            "the step uses the old m and v": _adam("old"),
            "the corrected m and v are returned; keep the uncorrected ones for the next step": (
                _adam("returned")
            ),
            "the steps go uphill: subtract": _adam("uphill"),
            "v is not corrected": _adam("half"),
        },
    ),
    Exercise(
        "cosine",
        ("rate",),
        _cosine_cases,
        lambda epoch, epochs, start: start * Cosine()(epoch, epochs),
        {
            "pi is missing: the cosine takes radians": (
                lambda epoch, epochs, start: start / 2 * (1 + math.cos(epoch / epochs))
            ),
            "the factor 1/2 is missing": (
                lambda epoch, epochs, start: start * (1 + math.cos(math.pi * epoch / epochs))
            ),
            "the 1 is missing: the rate becomes negative": (
                lambda epoch, epochs, start: start / 2 * math.cos(math.pi * epoch / epochs)
            ),
            "that is a sine; it begins at the wrong place": (
                lambda epoch, epochs, start: start / 2 * (1 + math.sin(math.pi * epoch / epochs))
            ),
            "the rate rises: the sign of the cosine is wrong": (
                lambda epoch, epochs, start: start / 2 * (1 - math.cos(math.pi * epoch / epochs))
            ),
            "a whole wave: take pi, not 2 pi": (
                lambda epoch, epochs, start: (
                    start / 2 * (1 + math.cos(2 * math.pi * epoch / epochs))
                )
            ),
            "epoch and epochs are swapped": (
                lambda epoch, epochs, start: (
                    start / 2 * (1 + math.cos(math.pi * epochs / epoch)) if epoch else start
                )
            ),
            "that is a straight line": (lambda epoch, epochs, start: start * (1 - epoch / epochs)),
            "`epochs - 1` is used: the rate is 0 at `epochs`": (
                lambda epoch, epochs, start: (
                    start / 2 * (1 + math.cos(math.pi * epoch / (epochs - 1)))
                )
            ),
        },
    ),
)
