"""The doctor: what is wrong with a training run, shown in numbers, with the option to change.

`observe` collects facts, `diagnose` turns them into findings and is a pure function, and `Doctor`
does both as a callback: `net.fit(..., callbacks=[Doctor()])`. `register_check` adds a check.
"""

from byhand.evaluation.doctor.advice import Advice as Advice
from byhand.evaluation.doctor.advice import Change as Change
from byhand.evaluation.doctor.callback import Doctor as Doctor
from byhand.evaluation.doctor.checks import CHECKS as CHECKS
from byhand.evaluation.doctor.checks import register_check as register_check
from byhand.evaluation.doctor.diagnosis import diagnose as diagnose
from byhand.evaluation.doctor.finding import SEVERITIES as SEVERITIES
from byhand.evaluation.doctor.finding import Finding as Finding
from byhand.evaluation.doctor.observations import Observations as Observations
from byhand.evaluation.doctor.observe import Training as Training
from byhand.evaluation.doctor.observe import observe as observe
