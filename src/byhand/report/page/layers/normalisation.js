import { matrix } from "../parameters.js";

/** The base of batch and layer normalisation: Z = gamma x_hat + beta, A = fn(Z), and the gradients of
 * gamma and beta. They differ in x_hat, so each has its own forward and inputGradient. */
export class Normalisation {
  static shapes = (_, inputs, number) => ({ [`gamma${number}`]: [inputs], [`beta${number}`]: [inputs] });

  constructor(kind, settings, { number, inputs, x, parameters, gradients, capacity, products, activation }) {
    const { epsilon = 1e-5 } = settings;
    Object.assign(this, { kind, number, inputs, units: inputs, x, epsilon, fn: activation(settings) });
    [this.gamma, this.beta] = [parameters[`gamma${number}`], parameters[`beta${number}`]];
    [this.dgamma, this.dbeta] = [gradients[`gamma${number}`], gradients[`beta${number}`]];
    [this.normal, this.z, this.y, this.dy, this.dz] = [0, 1, 2, 3, 4].map(() => matrix(capacity, inputs, products.allocate));
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
}
