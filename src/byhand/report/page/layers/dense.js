import { matrix } from "../parameters.js";

/** A dense layer: Z = X W + b, A = fn(Z). */
export class Dense {
  static shapes = ({ units }, inputs, number) => ({ [`W${number}`]: [inputs, units], [`b${number}`]: [units] });

  static keeps = [];

  constructor(settings, { number, inputs, x, parameters, gradients, capacity, products, activation }) {
    const { units } = settings;
    Object.assign(this, { kind: "dense", number, inputs, units, x, products, fn: activation(settings) });
    [this.W, this.b] = [parameters[`W${number}`], parameters[`b${number}`]];
    [this.dW, this.db] = [gradients[`W${number}`], gradients[`b${number}`]];
    [this.z, this.y, this.dy, this.dz] = [0, 1, 2, 3].map(() => matrix(capacity, units, products.allocate));
  }

  forward(n) {
    this.products.affine(this.x.values, this.W, this.b, this.z.values, n, this.inputs, this.units);
    this.fn.value(this.z, this.y, n);
  }

  backward(n, dx, isDz = false) {
    if (!isDz) this.fn.chain(this.dy, this.z, this.y, this.dz, n);
    const [dZ, m] = [this.dz.values, this.units];
    this.products.weightGradient(this.x.values, dZ, this.dW, n, this.inputs, m);
    this.db.fill(0);
    for (let i = 0; i < n * m; i++) this.db[i % m] += dZ[i];
    if (dx) this.inputGradient(n, dx);
  }

  /** dX = dZ W^T. */
  inputGradient(n, dx) {
    this.products.inputGradient(this.dz.values, this.W, dx.values, n, this.inputs, this.units);
  }
}
