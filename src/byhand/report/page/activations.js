// Activation functions, each beside its derivative: the same table as the library's.
//
// value(z, a) writes f(z) into a. chain(grad, z, a, out) writes grad * f'(z) into out, where
// grad is dLoss/dA and the result is dLoss/dZ. All work on Float64Arrays, one example at a time.

const sigmoid = (z) => (1 + Math.tanh(z / 2)) / 2;

/** The pair for a function that looks at one number at a time. */
const elementwise = (f, slope, formula, derivative, kink = false) => ({
  formula,
  derivative,
  kink,
  value(z, a) {
    for (let i = 0; i < z.length; i++) a[i] = f(z[i]);
  },
  chain(grad, z, a, out) {
    for (let i = 0; i < z.length; i++) out[i] = grad[i] * slope(z[i], a[i]);
  },
});

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;
const geluTanh = (z) => Math.tanh(GELU_SCALE * z * (1 + GELU_CUBIC * z * z));

function geluSlope(z) {
  const t = geluTanh(z);
  return ((1 + t) / 2) * (1 + (1 - t) * z * GELU_SCALE * (1 + 3 * GELU_CUBIC * z * z));
}

const swishSlope = (z, a) => a + sigmoid(z) * (1 - a);
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

const softmax = {
  formula: "exp(zₖ) / Σⱼ exp(zⱼ)",
  derivative: "aₖ (gₖ − Σⱼ gⱼ aⱼ)",
  kink: false,
  value(z, a) {
    const largest = z.reduce((x, y) => Math.max(x, y), -Infinity);
    let sum = 0;
    for (let i = 0; i < z.length; i++) sum += a[i] = Math.exp(z[i] - largest);
    for (let i = 0; i < z.length; i++) a[i] /= sum;
  },
  chain(grad, z, a, out) {
    let mean = 0;
    for (let i = 0; i < z.length; i++) mean += grad[i] * a[i];
    for (let i = 0; i < z.length; i++) out[i] = a[i] * (grad[i] - mean);
  },
};

function leakyRelu({ slope = 0.01 }) {
  return elementwise(
    (z) => Math.max(z, slope * z), (z) => (z > 0 ? 1 : slope),
    `max(z, ${slope} z)`, `1 where z > 0, else ${slope}`, true,
  );
}

/** A function of the user's own, known here by values and slopes on an even grid. Between the
 * points a cubic goes through both (Hermite), beyond the ends a straight line. */
function tabulated({ low, high, values, slopes }) {
  const step = (high - low) / (values.length - 1);
  const look = (z) => {
    const left = Math.min(Math.max(Math.floor((z - low) / step), 0), values.length - 2);
    return [left, (z - low) / step - left];
  };
  const value = (z) => {
    if (z <= low) return values[0] + slopes[0] * (z - low);
    if (z >= high) return values.at(-1) + slopes.at(-1) * (z - high);
    const [k, t] = look(z);
    const u = 1 - t;
    return u * u * ((1 + 2 * t) * values[k] + t * step * slopes[k])
      + t * t * ((3 - 2 * t) * values[k + 1] - u * step * slopes[k + 1]);
  };
  const slope = (z) => {
    const [k, t] = look(Math.min(Math.max(z, low), high));
    return slopes[k] + (slopes[k + 1] - slopes[k]) * t;
  };
  return elementwise(value, slope, "your own f(z)", "your own f′(z)", true);
}

/** Name -> a function of the layer's options that gives the pair. */
export const ACTIVATIONS = {
  relu: () => elementwise(
    (z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0), "max(z, 0)", "1 where z > 0, else 0", true,
  ),
  leaky_relu: leakyRelu,
  elu: () => elementwise(
    (z) => (z > 0 ? z : Math.expm1(z)), (z, a) => Math.min(a, 0) + 1,
    "z where z > 0, else exp(z) − 1", "1 where z > 0, else exp(z)",
  ),
  gelu: () => elementwise(
    (z) => (z * (1 + geluTanh(z))) / 2, geluSlope,
    "z (1 + t)/2,  t = tanh(√(2/π) (z + 0.044715 z³))", "(1 + t)/2 · (1 + (1 − t) z u′)",
  ),
  sigmoid: () => elementwise(sigmoid, (z, a) => a * (1 - a), "1 / (1 + exp(−z))", "a (1 − a)"),
  tanh: () => elementwise(Math.tanh, (z, a) => 1 - a * a, "tanh(z)", "1 − a²"),
  softplus: () => elementwise(softplus, sigmoid, "log(1 + exp(z))", "1 / (1 + exp(−z))"),
  swish: () => elementwise(
    (z) => z * sigmoid(z), swishSlope, "z / (1 + exp(−z))", "a + (1 − a) / (1 + exp(−z))",
  ),
  identity: () => elementwise((z) => z, () => 1, "z", "1"),
  softmax: () => softmax,
  tabulated,
};
