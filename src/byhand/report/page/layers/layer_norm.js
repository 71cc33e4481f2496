import { matrix } from "../parameters.js";

/** Layer normalisation: Z = gamma x_hat + beta, x_hat = (X - mean) / sqrt(variance + epsilon), with
 * mean and variance over the units of each example. */
export class LayerNorm {
  static shapes = (_, inputs, number) => ({ [`gamma${number}`]: [inputs], [`beta${number}`]: [inputs] });

  static keeps = ["normal", "deviation"];

  constructor(settings, { number, inputs, x, parameters, gradients, capacity, products, activation }) {
    const { epsilon = 1e-5 } = settings;
    Object.assign(this, { kind: "layer_norm", number, inputs, units: inputs, x, epsilon, fn: activation(settings) });
    [this.gamma, this.beta] = [parameters[`gamma${number}`], parameters[`beta${number}`]];
    [this.dgamma, this.dbeta] = [gradients[`gamma${number}`], gradients[`beta${number}`]];
    this.deviation = matrix(capacity, 1, products.allocate);
    [this.normal, this.z, this.y, this.dy, this.dz] = [0, 1, 2, 3, 4].map(() => matrix(capacity, inputs, products.allocate));
  }

  forward(n) {
    const [x, normal, z, m] = [this.x.values, this.normal.values, this.z.values, this.units];
    const deviation = this.deviation.values;
    for (let i = 0; i < n; i++) {
      const [first, last] = [i * m, (i + 1) * m];
      let [total, square] = [0, 0];
      for (let j = first; j < last; j++) total += x[j];
      const mean = total / m;
      for (let j = first; j < last; j++) square += (x[j] - mean) ** 2;
      deviation[i] = Math.sqrt(square / m + this.epsilon);
      for (let j = first; j < last; j++) {
        normal[j] = (x[j] - mean) / deviation[i];
        z[j] = this.gamma[j - first] * normal[j] + this.beta[j - first];
      }
    }
    this.fn.value(this.z, this.y, n);
  }

  backward(n, dx, isDz = false) {
    if (!isDz) this.fn.chain(this.dy, this.z, this.y, this.dz, n);
    const [dz, normal, m] = [this.dz.values, this.normal.values, this.units];
    this.dgamma.fill(0);
    this.dbeta.fill(0);
    for (let i = 0; i < n * m; i++) {
      this.dgamma[i % m] += dz[i] * normal[i];
      this.dbeta[i % m] += dz[i];
    }
    if (dx) this.inputGradient(n, dx);
  }

  /** dX = (D - mean(D) - x_hat mean(D x_hat)) / sqrt(variance + epsilon), with D = gamma dZ. */
  inputGradient(n, dx) {
    const [dz, normal, m] = [this.dz.values, this.normal.values, this.units];
    for (let i = 0; i < n; i++) {
      const [first, last] = [i * m, (i + 1) * m];
      let [ofD, ofProduct] = [0, 0];
      for (let j = first; j < last; j++) {
        const d = this.gamma[j - first] * dz[j];
        ofD += d / m;
        ofProduct += (d * normal[j]) / m;
      }
      for (let j = first; j < last; j++) {
        dx.values[j] = (this.gamma[j - first] * dz[j] - ofD - normal[j] * ofProduct) / this.deviation.values[i];
      }
    }
  }
}
