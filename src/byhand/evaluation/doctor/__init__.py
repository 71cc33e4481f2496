"""The doctor: finds faults of a training run, with evidence in numbers and the option to change.

`observe` measures, and `diagnose`, a pure function, turns the measurements into findings. The
callback `Doctor` does both: `net.fit(..., callbacks=[Doctor()])`. `register_check` adds a check.
"""

from byhand.evaluation.doctor.advice import Advice as Advice
from byhand.evaluation.doctor.advice import Change as Change
from byhand.evaluation.doctor.advice import as_recipe as as_recipe
from byhand.evaluation.doctor.callback import Doctor as Doctor
from byhand.evaluation.doctor.checks import CHECKS as CHECKS
from byhand.evaluation.doctor.checks import register_check as register_check
from byhand.evaluation.doctor.diagnosis import diagnose as diagnose
from byhand.evaluation.doctor.finding import SEVERITIES as SEVERITIES
from byhand.evaluation.doctor.finding import Finding as Finding
from byhand.evaluation.doctor.finding import Findings as Findings
from byhand.evaluation.doctor.observations import Observations as Observations
from byhand.evaluation.doctor.observe import Training as Training
from byhand.evaluation.doctor.observe import observe as observe
