"""Evaluate a trained network: accuracy, calibration, attribution, units, trace and doctor.

This package computes numbers, with NumPy only; `byhand.figures` draws them.
"""

from byhand.evaluation.active_units import active_shares as active_shares
from byhand.evaluation.attribution import occlusion as occlusion
from byhand.evaluation.attribution import saliency as saliency
from byhand.evaluation.calibration import Reliability as Reliability
from byhand.evaluation.calibration import reliability as reliability
from byhand.evaluation.calibration import reliability_of as reliability_of
from byhand.evaluation.confidence_interval import wilson_interval as wilson_interval
from byhand.evaluation.copies import repeated_examples as repeated_examples
from byhand.evaluation.copies import shared_examples as shared_examples
from byhand.evaluation.doubt import Doubt as Doubt
from byhand.evaluation.label_suspects import LabelSuspects as LabelSuspects
from byhand.evaluation.label_suspects import label_suspects as label_suspects
from byhand.evaluation.metrics import ClassScores as ClassScores
from byhand.evaluation.metrics import class_scores as class_scores
from byhand.evaluation.metrics import confusion_matrix as confusion_matrix
from byhand.evaluation.metrics import roc_auc as roc_auc
from byhand.evaluation.mistakes import Mistake as Mistake
from byhand.evaluation.mistakes import common_confusions as common_confusions
from byhand.evaluation.mistakes import worst_mistakes as worst_mistakes
from byhand.evaluation.predictions import Predictions as Predictions
from byhand.evaluation.predictions import predictions as predictions
from byhand.evaluation.projection import Projection as Projection
from byhand.evaluation.projection import principal_components as principal_components
from byhand.evaluation.reading import Reading as Reading
from byhand.evaluation.reading import read_sheet as read_sheet
from byhand.evaluation.statistics_callback import Statistics as Statistics
from byhand.evaluation.subject import Subject as Subject
from byhand.evaluation.temperature import fit_temperature as fit_temperature
from byhand.evaluation.temperature import with_temperature as with_temperature
from byhand.evaluation.trace import Trace as Trace
from byhand.evaluation.trace import trace_example as trace_example
from byhand.evaluation.training_statistics import TrainingStatistics as TrainingStatistics
from byhand.evaluation.tsne import tsne as tsne
from byhand.evaluation.unit_rows import UnitRow as UnitRow
from byhand.evaluation.unit_rows import activations as activations
from byhand.evaluation.unit_rows import unit_rows as unit_rows
from byhand.evaluation.units import UnitFacts as UnitFacts
from byhand.evaluation.units import unit_facts as unit_facts
