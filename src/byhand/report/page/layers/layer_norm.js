import { matrix } from "../parameters.js";
import { Normalisation } from "./normalisation.js";

/** Layer normalisation: Z = gamma x_hat + beta, x_hat = (X - mean) / sqrt(variance + epsilon), with
 * mean and variance over the units of each example. */
export class LayerNorm extends Normalisation {
  static keeps = ["normal", "deviation"];

  constructor(settings, place) {
    super("layer_norm", settings, place);
    this.deviation = matrix(place.capacity, 1, place.products.allocate);
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
