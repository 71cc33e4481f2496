"""The pools of data sets, and the networks that are trained on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.doctor.strangers import (
    appeal_data,
    assize_data,
    data,
    final_data,
    quiet_data,
    recess_data,
    retrial_data,
    verdict_data,
)
from byhand import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from byhand.evaluation.doctor.faults import Data

POOLS: dict[str, tuple[Callable[[], Data], ...]] = {
    "others": (
        data.profiles,
        data.shoes,
        data.drawn_shapes,
        data.tones,
        data.loans,
        data.photographs,
        data.traits,
        data.alcohol,
        data.throws,
        data.missing_pixels,
    ),
    "judge": (
        data.gratings,
        data.odd_digits,
        data.textures,
        data.letters,
        data.series,
        data.nuclei,
        data.progress,
        data.overlaid,
        data.pendulums,
        data.slants,
    ),
    "final": (
        final_data.signs,
        final_data.kinds,
        final_data.lower_halves,
        final_data.peaks,
        final_data.beats,
        final_data.rules,
        final_data.heavy_tails,
        final_data.topics,
        final_data.tags,
        final_data.roll,
        final_data.pipes,
        final_data.spans,
    ),
    "verdict": (
        verdict_data.wedges,
        verdict_data.moods,
        verdict_data.outlines,
        verdict_data.chirps,
        verdict_data.upended_digits,
        verdict_data.lamps,
        verdict_data.bearings,
        verdict_data.stretches,
        verdict_data.motifs,
        verdict_data.quadrants,
        verdict_data.birds,
        verdict_data.answers,
        verdict_data.tiles,
        verdict_data.leavers,
        verdict_data.chords,
        verdict_data.tides,
        verdict_data.few_causes,
        verdict_data.beams,
        verdict_data.dials,
        verdict_data.orders,
    ),
    "appeal": (
        appeal_data.dice,
        appeal_data.mirrored_garments,
        appeal_data.bold_digits,
        appeal_data.roads,
        appeal_data.windows,
        appeal_data.sleep,
        appeal_data.tongues,
        appeal_data.paths,
        appeal_data.soils,
        appeal_data.links,
        appeal_data.grains,
        appeal_data.votes,
        appeal_data.ailments,
        appeal_data.lenses,
        appeal_data.colonies,
        appeal_data.edges,
        appeal_data.shared_causes,
        appeal_data.takings,
    ),
    "quiet": (
        quiet_data.crops,
        quiet_data.sleeves,
        quiet_data.stars,
        quiet_data.surveys,
        quiet_data.chances,
        quiet_data.families,
        quiet_data.boards,
        quiet_data.weights,
        quiet_data.prices,
        quiet_data.genres,
    ),
    "assize": (
        assize_data.wardrobe,
        assize_data.yeast,
        assize_data.flags,
        assize_data.calls,
        assize_data.dashboard,
        assize_data.shells_of_values,
        assize_data.customers,
        assize_data.census,
        assize_data.assays,
        assize_data.rankings,
        assize_data.gestures,
        assize_data.themes,
        assize_data.pebbles,
        assize_data.impedances,
        assize_data.commutes,
        assize_data.half_lives,
        assize_data.greenhouses,
    ),
    "recess": (
        recess_data.defaults,
        recess_data.triage,
        recess_data.scratches,
        recess_data.districts,
        recess_data.hearts,
        recess_data.minerals,
        recess_data.lanterns,
        recess_data.offers,
        recess_data.exams,
        recess_data.doses,
    ),
    "retrial": (
        retrial_data.leftovers,
        retrial_data.slopes,
        retrial_data.fences,
        retrial_data.stickers,
        retrial_data.frauds,
        retrial_data.grades,
        retrial_data.poses,
        retrial_data.menus,
        retrial_data.promoters,
        retrial_data.tremors,
        retrial_data.allergies,
        retrial_data.arcs,
        retrial_data.queues,
        retrial_data.bridges,
    ),
}


@dataclass(frozen=True)
class Networks:
    """The values from which the networks of a pool are drawn."""

    optimizers: tuple[Any, ...]
    widths: tuple[int, ...]
    batches: tuple[int, ...]


FIRST = Networks(
    optimizers=(
        Adam(1e-3), Adam(2e-3), Adam(4e-3), AdamW(1.5e-3), SGD(0.1), SGD(0.25), Momentum(0.03),
        Nesterov(0.02), RMSProp(1e-3),
    ),
    widths=(24, 40, 64, 96, 160),
    batches=(16, 32, 48, 64, 100),
)  # fmt: skip

NETWORKS = {
    "others": FIRST,
    "judge": FIRST,
    "final": Networks(
        optimizers=(
            Adam(1.5e-3), Adam(3e-3), AdamW(1e-3), AdamW(2.5e-3), SGD(0.08), SGD(0.18),
            Momentum(0.02), Nesterov(0.03), RMSProp(1.5e-3),
        ),
        widths=(32, 50, 80, 128, 200),
        batches=(20, 28, 40, 56, 80),
    ),
    "verdict": Networks(
        optimizers=(
            Adam(1.2e-3), Adam(2.5e-3), AdamW(2e-3), AdamW(3.5e-3), SGD(0.12), SGD(0.2),
            Momentum(0.025), Momentum(0.04), Nesterov(0.025), RMSProp(1.2e-3),
        ),
        widths=(28, 45, 72, 112, 180),
        batches=(18, 24, 36, 50, 72, 90),
    ),
    "appeal": Networks(
        optimizers=(
            Adam(1e-3), Adam(1.8e-3), Adam(3.2e-3), AdamW(1.2e-3), AdamW(3e-3), SGD(0.09),
            SGD(0.15), Momentum(0.015), Momentum(0.03), Nesterov(0.02), RMSProp(9e-4),
        ),
        widths=(36, 54, 88, 144, 220),
        batches=(22, 30, 44, 60, 84),
    ),
    "quiet": Networks(
        optimizers=(
            Adam(1.1e-3), Adam(2.2e-3), AdamW(1.6e-3), SGD(0.07), SGD(0.14), Momentum(0.018),
            Nesterov(0.022), RMSProp(1.1e-3),
        ),
        widths=(30, 48, 76, 120, 190),
        batches=(20, 32, 48, 64, 96),
    ),
    "assize": Networks(
        optimizers=(
            Adam(1.3e-3), Adam(2.1e-3), Adam(3.5e-3), AdamW(1.4e-3), AdamW(2.8e-3), SGD(0.1),
            SGD(0.17), Momentum(0.022), Momentum(0.035), Nesterov(0.028), RMSProp(1e-3),
        ),
        widths=(26, 42, 66, 100, 150),
        batches=(25, 35, 52, 64, 128),
    ),
    "recess": Networks(
        optimizers=(
            Adam(1e-3), Adam(2.4e-3), AdamW(1.8e-3), SGD(0.06), SGD(0.13), Momentum(0.012),
            Nesterov(0.018), RMSProp(1.2e-3),
        ),
        widths=(32, 52, 84, 130, 200),
        batches=(24, 40, 60, 80, 120),
    ),
    "retrial": Networks(
        optimizers=(
            Adam(1.1e-3), Adam(1.9e-3), Adam(3e-3), AdamW(1.6e-3), AdamW(2.6e-3), SGD(0.09),
            SGD(0.16), Momentum(0.02), Momentum(0.03), Nesterov(0.024), RMSProp(1.1e-3),
        ),
        widths=(34, 48, 70, 110, 160),
        batches=(20, 32, 45, 70, 100),
    ),
}  # fmt: skip
