"""Training: optimizers, schedules, penalties, callbacks and the loop that joins them."""

from byhand.training.callbacks import Callback as Callback
from byhand.training.callbacks import EarlyStopping as EarlyStopping
from byhand.training.callbacks import HistoryToCSV as HistoryToCSV
from byhand.training.callbacks import ModelCheckpoint as ModelCheckpoint
from byhand.training.callbacks import ReduceOnPlateau as ReduceOnPlateau
from byhand.training.history import History as History
from byhand.training.optimizers import OPTIMIZERS as OPTIMIZERS
from byhand.training.optimizers import SGD as SGD
from byhand.training.optimizers import Adam as Adam
from byhand.training.optimizers import AdamW as AdamW
from byhand.training.optimizers import Momentum as Momentum
from byhand.training.optimizers import Nesterov as Nesterov
from byhand.training.optimizers import Optimizer as Optimizer
from byhand.training.optimizers import RMSProp as RMSProp
from byhand.training.run import TrainingRun as TrainingRun
from byhand.training.schedules import SCHEDULES as SCHEDULES
from byhand.training.schedules import Constant as Constant
from byhand.training.schedules import Cosine as Cosine
from byhand.training.schedules import Exponential as Exponential
from byhand.training.schedules import InverseTime as InverseTime
from byhand.training.schedules import OneCycle as OneCycle
from byhand.training.schedules import Schedule as Schedule
from byhand.training.schedules import Step as Step
from byhand.training.schedules import Warmup as Warmup
from byhand.training.split import split_rows as split_rows
