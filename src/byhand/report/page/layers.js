// The layers: forward and backward for a batch of n rows. The formulas are the library's, each in
// the file of that name in byhand/network/layers.
//
// A layer reads `x` (the output of the layer before), writes `y`; in the backward pass it reads
// dLoss/dy from `dy` and writes dLoss/dx into the `dy` of the layer before. Layers that draw random
// numbers in training get a stream of them.

import { BatchNorm } from "./layers/batch_norm.js";
import { Dense } from "./layers/dense.js";
import { Dropout } from "./layers/dropout.js";
import { LayerNorm } from "./layers/layer_norm.js";
import { Noise } from "./layers/noise.js";

export const LAYERS = { dense: Dense, dropout: Dropout, batch_norm: BatchNorm, layer_norm: LayerNorm, noise: Noise };

/** Whether a layer has a picture: dropout and noise do nothing outside training. */
export const isSeen = ({ kind }) => LAYERS[kind].isSeen ?? true;
