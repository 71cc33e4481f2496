import { matrix } from "../parameters.js";

/** Gaussian noise: in training Y = X + deviation E, with E from N(0, 1). */
export class Noise {
  static isSeen = false; // in inference the output is the input

  static shapes = () => ({});

  constructor({ deviation }, { inputs, x, capacity, products }) {
    Object.assign(this, { kind: "noise", deviation, inputs, units: inputs, x });
    [this.y, this.dy] = [0, 1].map(() => matrix(capacity, inputs, products.allocate));
  }

  forward(n, training, { normal } = {}) {
    const [x, y] = [this.x.values, this.y.values];
    for (let i = 0; i < n * this.units; i++) y[i] = training ? x[i] + this.deviation * normal() : x[i];
  }

  backward(n, dx) {
    dx?.values.set(this.dy.values.subarray(0, n * this.units));
  }
}
