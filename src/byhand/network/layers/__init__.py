"""The layers, one file each, and the table of them.

To add a layer, write a file like `dense.py` and an entry here, or pass a class of your own to
`byhand.register`. Everything that is said about a layer elsewhere (in a summary, a model file, a
recipe, a trace, the report) comes from the layer itself.
"""

from byhand.network.layers.batch_norm import BatchNormLayer as BatchNormLayer
from byhand.network.layers.dense import DenseLayer as DenseLayer
from byhand.network.layers.dropout import DropoutLayer as DropoutLayer
from byhand.network.layers.input import InputLayer as InputLayer
from byhand.network.layers.layer import Arrays as Arrays
from byhand.network.layers.layer import Layer as Layer
from byhand.network.layers.layer import LayerBuffers as LayerBuffers
from byhand.network.layers.layer import PlacedLayer as PlacedLayer
from byhand.tables import Table

LAYERS: Table[type[Layer]] = Table(
    "layer", {layer.kind: layer for layer in (DenseLayer, DropoutLayer, BatchNormLayer)}
)
