"""The layers, one in each file, and their table.

To add a layer, write a file like `dense.py` and an entry here, or pass your own class to
`byhand.register`. A layer describes itself: summaries, model files, recipes, traces and the report
ask the layer.
"""

from byhand.network.layers.batch_norm import BatchNormLayer as BatchNormLayer
from byhand.network.layers.dense import DenseLayer as DenseLayer
from byhand.network.layers.dropout import DropoutLayer as DropoutLayer
from byhand.network.layers.layer import Arrays as Arrays
from byhand.network.layers.layer import Layer as Layer
from byhand.network.layers.layer import LayerBuffers as LayerBuffers
from byhand.network.layers.layer import PlacedLayer as PlacedLayer
from byhand.network.layers.layer_norm import LayerNormLayer as LayerNormLayer
from byhand.network.layers.noise import NoiseLayer as NoiseLayer
from byhand.network.layers.pixel_scaling import InputLayer as InputLayer
from byhand.tables import Table

LAYERS: Table[type[Layer]] = Table(
    "layer",
    {
        layer.kind: layer
        for layer in (DenseLayer, DropoutLayer, BatchNormLayer, LayerNormLayer, NoiseLayer)
    },
)
