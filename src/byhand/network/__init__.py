"""The mathematics in plain NumPy: layers, losses, forward and backward passes."""

from byhand.network.activations import ACTIVATIONS as ACTIVATIONS
from byhand.network.activations import Activation as Activation
from byhand.network.activations import leaky_relu as leaky_relu
from byhand.network.cache import Cache as Cache
from byhand.network.initializers import INITIALIZERS as INITIALIZERS
from byhand.network.layers import LAYERS as LAYERS
from byhand.network.layers import BatchNormLayer as BatchNormLayer
from byhand.network.layers import DenseLayer as DenseLayer
from byhand.network.layers import DropoutLayer as DropoutLayer
from byhand.network.layers import InputLayer as InputLayer
from byhand.network.layers import Layer as Layer
from byhand.network.layers import LayerNormLayer as LayerNormLayer
from byhand.network.layers import NoiseLayer as NoiseLayer
from byhand.network.losses import LOSSES as LOSSES
from byhand.network.losses import AbsoluteError as AbsoluteError
from byhand.network.losses import BinaryCrossEntropy as BinaryCrossEntropy
from byhand.network.losses import CategoricalCrossEntropy as CategoricalCrossEntropy
from byhand.network.losses import Focal as Focal
from byhand.network.losses import Huber as Huber
from byhand.network.losses import Loss as Loss
from byhand.network.losses import PoissonDeviance as PoissonDeviance
from byhand.network.losses import SquaredError as SquaredError
from byhand.network.network import Network as Network
