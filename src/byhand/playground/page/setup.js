// The set-up: everything that is chosen, as plain values. It fits into the page's address.

import { DEFAULT_LOSS, INITIALIZER_TABLE, LOSS_TABLE, OPTIMIZER_TABLE, SCHEDULE_TABLE } from "./tables.js";
import { GRAPHS, SHAPES } from "./points.js";
import { readSettings } from "./settings.js";

const BASE = {
  data: "spiral",
  count: 300, // points
  noise: 0.02, // standard deviation of points
  held: 0.3, // fraction that is held out
  label_noise: 0, // fraction of training labels that are drawn at random
  layers: "10 relu, 10 relu",
  weight_init: "he_normal",
  bias_init: "zeros",
  loss: "auto",
  loss_settings: "", // as text, where they are not the defaults
  label_smoothing: 0,
  optimizer: "adam",
  optimizer_settings: "",
  learning_rate: 0.01,
  schedule: "constant",
  schedule_settings: "",
  epochs: 200, // over which a schedule falls
  batch_size: 16,
  l1: 0,
  l2: 0,
  clip_value: 0,
  clip_norm: 0,
  max_norm: 0, // longest weights into a unit; 0 for no limit
  ema: 0, // decay of the average of the weights; 0 for none
  mixup: 0, // parameter of the Beta distribution of the proportions; 0 for none
  balanced: false,
  augment: 0, // strength of shifts and turns of images, 0 to 1
  seed: 1,
  speed: "film",
};

const IMAGES = {
  layers: "32 relu", weight_init: "he_normal", learning_rate: 0.002, batch_size: 32, held: 0.2, speed: "film", epochs: 50,
};

/** Data -> what suits it to begin with. */
const SUITED = {
  circle: { layers: "4 tanh", weight_init: "glorot_uniform", learning_rate: 0.03 },
  xor: { layers: "4 tanh", weight_init: "glorot_uniform", learning_rate: 0.03 },
  gaussians: { layers: "4 tanh", weight_init: "glorot_uniform", learning_rate: 0.03 },
  moons: { layers: "6 tanh", weight_init: "glorot_uniform", learning_rate: 0.03 },
  spiral: {},
  ...Object.fromEntries(Object.keys(GRAPHS).map((name) => [name, { layers: "10 tanh, 10 tanh", weight_init: "glorot_uniform", count: 120, noise: 0.04, learning_rate: 0.01 }])),
  placed: { count: 0, noise: 0 },
  digits: IMAGES,
  own: { ...IMAGES, augment: 0.6, batch_size: 16, held: 0, learning_rate: 0.002, layers: "48 relu" },
  file: { ...IMAGES, held: 0.2 },
};

export const isPlane = (data) => Object.hasOwn(SHAPES, data) || data === "placed";
export const isGraph = (data) => Object.hasOwn(GRAPHS, data);

/** The set-up that suits some data; what the reader chose for good (theme, speed) stays. */
export const suited = (data) => ({ ...BASE, ...(SUITED[data] ?? IMAGES), data });

// --- what follows from it ------------------------------------------------------------------------

/** The loss and the output layer for a task with this many outputs. */
export function lossOf(setup, { task, outputs }) {
  const auto = task === "values" ? "squared_error" : DEFAULT_LOSS.softmax;
  const single = task === "classes" && outputs === 2 && setup.loss === "binary_cross_entropy";
  const possible = setup.loss in LOSS_TABLE && (task === "values" ? !LOSS_TABLE[setup.loss].fused_with : single || setup.loss !== "binary_cross_entropy");
  const name = possible ? setup.loss : auto;
  const smooths = "label_smoothing" in LOSS_TABLE[name].settings;
  const loss = { name, ...readSettings(setup.loss_settings, LOSS_TABLE[name].settings), ...(smooths && { label_smoothing: setup.label_smoothing }) };
  const fn = single ? "sigmoid" : task === "values" ? "identity" : "softmax";
  return { loss, last: { kind: "dense", units: single ? 1 : outputs, fn } };
}

export const optimizerOf = ({ optimizer, optimizer_settings: text, learning_rate }) => ({
  name: optimizer, ...readSettings(text, OPTIMIZER_TABLE[optimizer].settings), learning_rate,
});

/** Schedules that may follow a warm-up. */
export const FOLLOWING = Object.keys(SCHEDULE_TABLE).filter((name) => !["warmup", "reduce_on_plateau"].includes(name));

export function scheduleOf({ schedule, schedule_settings: text }) {
  const { then, ...settings } = readSettings(text, SCHEDULE_TABLE[schedule].settings);
  const following = FOLLOWING.includes(then) ? then : "constant";
  return { name: schedule, ...settings, ...(then && { then: { name: following, ...SCHEDULE_TABLE[following].settings } }) };
}

// --- the address ---------------------------------------------------------------------------------

/** The part of the address after #: what differs from the set-up that suits the data. */
export function writeAddress(setup) {
  const usual = suited(setup.data);
  const different = Object.entries(setup).filter(([key, value]) => key in BASE && key !== "data" && value !== usual[key]);
  const pairs = [["data", setup.data], ...different.map(([key, value]) => [key, String(value)])];
  return pairs.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%20", "+").replaceAll("%2C", ",")}`).join("&");
}

/** The set-up of an address; what it does not name or names wrongly stays as usual. */
export function readAddress(hash, known) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const data = known.includes(asked.get("data")) ? asked.get("data") : null;
  const setup = suited(data ?? (known.includes("spiral") ? "spiral" : known[0]));
  for (const [key, usual] of Object.entries(setup)) {
    const value = asked.get(key);
    if (value === null || key === "data") continue;
    if (typeof usual === "number") { if (value.trim() !== "" && Number.isFinite(Number(value))) setup[key] = Math.max(0, Number(value)); }
    else if (typeof usual === "boolean") setup[key] = value === "true";
    else setup[key] = value;
  }
  return checked(setup);
}

/** Names that no table has are replaced by the usual ones, numbers kept within reason. */
function checked(setup) {
  const usual = suited(setup.data);
  if (!(setup.optimizer in OPTIMIZER_TABLE)) setup.optimizer = usual.optimizer;
  if (!(setup.schedule in SCHEDULE_TABLE)) setup.schedule = usual.schedule;
  for (const key of ["weight_init", "bias_init"]) if (!(setup[key] in INITIALIZER_TABLE)) setup[key] = usual[key];
  setup.batch_size = Math.min(Math.max(Math.round(setup.batch_size), 1), 1024);
  setup.count = Math.min(Math.round(setup.count), 5000);
  setup.held = Math.min(setup.held, 0.995);
  setup.ema = Math.min(setup.ema, 0.99999);
  setup.mixup = Math.min(setup.mixup, 1);
  return setup;
}
