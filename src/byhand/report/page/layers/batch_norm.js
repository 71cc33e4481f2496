import { Normalisation } from "./normalisation.js";

/** Batch normalisation: Z = gamma x_hat + beta, x_hat = (X - mean) / sqrt(variance + epsilon). */
export class BatchNorm extends Normalisation {
  static statistics = (inputs, number) => ({ [`mean${number}`]: [inputs], [`variance${number}`]: [inputs] });

  static keeps = ["normal"];

  constructor(settings, place) {
    super("batch_norm", settings, place);
    const { number, inputs, statistics, products } = place;
    this.momentum = settings.momentum ?? 0.1;
    [this.runningMean, this.runningVariance] = [statistics[`mean${number}`], statistics[`variance${number}`]];
    [this.mean, this.variance] = [0, 1].map(() => products.allocate(inputs));
  }

  forward(n, training) {
    this.training = training;
    if (training) this.measure(n);
    else [this.mean, this.variance].forEach((own, i) => own.set([this.runningMean, this.runningVariance][i]));
    const [x, normal, z, m] = [this.x.values, this.normal.values, this.z.values, this.units];
    for (let i = 0; i < n * m; i++) {
      const j = i % m;
      normal[i] = (x[i] - this.mean[j]) / Math.sqrt(this.variance[j] + this.epsilon);
      z[i] = this.gamma[j] * normal[i] + this.beta[j];
    }
    this.fn.value(this.z, this.y, n);
  }

  /** The mean and the variance of each column of the batch. */
  measure(n) {
    const [x, m] = [this.x.values, this.units];
    for (let j = 0; j < m; j++) {
      let [total, square] = [0, 0];
      for (let i = j; i < n * m; i += m) total += x[i];
      const mean = total / n;
      for (let i = j; i < n * m; i += m) square += (x[i] - mean) ** 2;
      [this.mean[j], this.variance[j]] = [mean, square / n];
    }
  }

  /** dX = gamma (dZ - mean(dZ) - x_hat mean(dZ x_hat)) / sqrt(variance + epsilon); the means are those of
   * the batch, and 0 in inference. */
  inputGradient(n, dx) {
    const [dz, normal, m] = [this.dz.values, this.normal.values, this.units];
    for (let i = 0; i < n * m; i++) {
      const j = i % m;
      const mean = this.training ? (this.dbeta[j] + normal[i] * this.dgamma[j]) / n : 0;
      dx.values[i] = (this.gamma[j] * (dz[i] - mean)) / Math.sqrt(this.variance[j] + this.epsilon);
    }
  }

  /** running += momentum (batch - running); the variance with n - 1 in the denominator. */
  updateStatistics(n) {
    const unbiased = n / Math.max(n - 1, 1);
    for (let j = 0; j < this.units; j++) {
      this.runningMean[j] += this.momentum * (this.mean[j] - this.runningMean[j]);
      this.runningVariance[j] += this.momentum * (this.variance[j] * unbiased - this.runningVariance[j]);
    }
  }
}
