"""The mathematics: layers, losses, forward, backward. NumPy and `byhand.kernels` only."""

from byhand.network.activations import ACTIVATIONS as ACTIVATIONS
from byhand.network.activations import Activation as Activation
from byhand.network.activations import leaky_relu as leaky_relu
from byhand.network.batch_norm import BatchNormLayer as BatchNormLayer
from byhand.network.cache import Cache as Cache
from byhand.network.initializers import INITIALIZERS as INITIALIZERS
from byhand.network.input_layer import InputLayer as InputLayer
from byhand.network.layers import DenseLayer as DenseLayer
from byhand.network.layers import DropoutLayer as DropoutLayer
from byhand.network.losses import LOSSES as LOSSES
from byhand.network.losses import AbsoluteError as AbsoluteError
from byhand.network.losses import BinaryCrossEntropy as BinaryCrossEntropy
from byhand.network.losses import CategoricalCrossEntropy as CategoricalCrossEntropy
from byhand.network.losses import Huber as Huber
from byhand.network.losses import SquaredError as SquaredError
from byhand.network.mlp import MultiLayerPerceptron as MultiLayerPerceptron
