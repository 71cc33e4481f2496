import { matrix } from "../parameters.js";

/** Dropout: Y = X * D in training, where D is 0 for a fraction `rate`, else 1 / (1 - rate). */
export class Dropout {
  static isSeen = false; // in inference the output is the input

  static shapes = () => ({});

  constructor({ rate }, { inputs, x, capacity, products }) {
    Object.assign(this, { kind: "dropout", rate, inputs, units: inputs, x });
    [this.mask, this.y, this.dy] = [0, 1, 2].map(() => matrix(capacity, inputs, products.allocate));
  }

  forward(n, training, { uniform } = {}) {
    const [x, y, mask, keep] = [this.x.values, this.y.values, this.mask.values, 1 / (1 - this.rate)];
    for (let i = 0; i < n * this.units; i++) {
      mask[i] = !training ? 1 : uniform() >= this.rate ? keep : 0;
      y[i] = x[i] * mask[i];
    }
  }

  backward(n, dx) {
    if (!dx) return;
    for (let i = 0; i < n * this.units; i++) dx.values[i] = this.dy.values[i] * this.mask.values[i];
  }
}
