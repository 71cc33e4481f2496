// The network as safetensors and the set-up as a recipe, as the library reads them.

import { ONE_NUMBER, readLayers } from "./layer_text.js";
import { SETTINGS } from "./settings.js";
import { lossOf, optimizerOf, scheduleOf } from "./setup.js";

const encoder = new TextEncoder();

/** A safetensors file: the length of the header, the header as JSON, the numbers.
 * `tensors` is name -> { shape, values: Float32Array }. */
export function safetensors(tensors, metadata) {
  const header = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + 4 * values.length] };
    offset += 4 * values.length;
  }
  const text = encoder.encode(JSON.stringify(header));
  const head = 8 + Math.ceil(text.length / 8) * 8; // numbers begin at a multiple of 8
  const bytes = new Uint8Array(head + offset);
  bytes.fill(32, 8, head);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head - 8), true);
  bytes.set(text, 8);
  let at = head;
  for (const { values } of Object.values(tensors)) {
    bytes.set(new Uint8Array(Float32Array.from(values).buffer), at);
    at += 4 * values.length;
  }
  return bytes;
}

const normalisationOf = (data) => (data.shape ? "pixels" : data.factor.length > 1 ? "standardise" : "none");

/** The network of a frame as a file that `byhand evaluate`, `predict` and `report` take. */
export function modelFile({ parameters, shapes, layers, setup, epoch }, data) {
  const normalisation = normalisationOf(data);
  const [low, high] = data.shape ? [0, 255] : extremes(data.x);
  const input = { kind: "input", units: data.inputs, normalisation, seen: [low, high] };
  const shapeOf = (name, values) => shapes[name] ?? [values.length];
  const tensors = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, { shape: shapeOf(name, values), values }]));
  if (normalisation === "standardise") {
    for (const part of ["factor", "offset"]) tensors[`input.${part}`] = { shape: [data.inputs], values: data[part] };
  } else if (normalisation === "pixels") Object.assign(input, { factor: 1 / 255, offset: null });
  else Object.assign(input, { factor: 1, offset: null });
  return safetensors(tensors, {
    format: "byhand-1",
    layers: JSON.stringify([input, ...layers]),
    loss: JSON.stringify(lossOf(setup, data).loss),
    dtype: "float32",
    seed: String(setup.seed),
    class_names: JSON.stringify(data.task === "classes" ? data.classes : null),
    weight_init: setup.weight_init,
    bias_init: setup.bias_init,
    facts: JSON.stringify({ task: data.task === "classes" ? "classification" : "regression", epochs_trained: epoch, ...(data.dataset && { dataset: data.dataset }) }),
  });
}

const extremes = (x) => x.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

// --- the recipe ----------------------------------------------------------------------------------

/** A number that TOML reads as a float. */
class Float {
  constructor(value) {
    this.text = Number.isInteger(value) ? value.toFixed(1) : String(value);
  }

  toString() {
    return this.text;
  }
}

const float = (value) => new Float(value);

/** A value as TOML writes it. */
function toml(value) {
  if (value instanceof Float) return value.text;
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (typeof value === "object") return `{ ${Object.entries(value).map(([key, inner]) => `${key} = ${toml(inner)}`).join(", ")} }`;
  return String(value);
}

const table = (name, entries) => [`[${name}]`, ...Object.entries(entries).filter(([, value]) => value !== null).map(([key, value]) => `${key} = ${toml(value)}`), ""];

/** The settings of an optimizer, schedule or loss; its floats keep their point, and the schedule after a warm-up is a name. */
const settings = ({ name, ...rest }) => toml({ name, ...Object.fromEntries(Object.entries(rest).map(([key, value]) => (
  [key, typeof value === "object" ? value.name : SETTINGS[key]?.whole ? value : float(value)]
))) });

/** Which rows are for testing: those of a known data set, except that the digits are divided anew. */
function split(file, data) {
  const isTable = file.endsWith(".csv");
  if (!data.test.length || !(isTable || file === "digits")) return {};
  return { ...(!isTable && { pool: "train+test" }), test: float(Number((data.test.length / data.n).toFixed(4))) };
}

/** The set-up as a recipe that `byhand train` takes. `file` is the data's name or file. */
export function recipe(setup, data, file, epochs) {
  const { loss, last } = lossOf(setup, data);
  const layers = [...readLayers(setup.layers), last].map((layer) => {
    const { kind, ...rest } = layer;
    if (kind === "dense") return toml(rest);
    if (!(kind in ONE_NUMBER)) return toml(layer);
    const { name } = ONE_NUMBER[kind];
    return toml({ kind, [name]: float(rest[name]) });
  });
  const optimizer = optimizerOf(setup);
  const { learning_rate: rate, ...rule } = optimizer;
  const lines = [
    "# Made in the byhand playground; train it with `byhand train FILE`.", "",
    `title = ${toml("From the playground")}`, "",
    ...table("data", { dataset: file, ...split(file, data) }),
    "[network]", "layers = [", ...layers.map((layer) => `  ${layer},`), "]",
    `weight_init = ${toml(setup.weight_init)}`, `bias_init = ${toml(setup.bias_init)}`, `loss = ${settings(loss)}`, `normalisation = ${toml(normalisationOf(data))}`, "",
    "[training]", `epochs = ${Math.max(1, setup.schedule === "constant" ? epochs : setup.epochs)}`, `batch_size = ${setup.batch_size}`,
    `optimizer = ${settings(rule)}`, `learning_rate = ${float(rate)}`,
  ];
  if (setup.schedule !== "constant") lines.push(`schedule = ${settings(scheduleOf(setup))}`);
  for (const key of ["l1", "l2", "clip_value", "clip_norm", "max_norm", "ema", "mixup"]) if (setup[key]) lines.push(`${key} = ${float(setup[key])}`);
  if (setup.augment && data.shape) {
    const [degrees, side] = [16 * setup.augment, Math.max(...data.shape)];
    lines.push(`augmentation = ${toml({ shift: float(0.08 * side * setup.augment), rotate: float(degrees), scale: float(0.15 * setup.augment), shear: float(0.18 * setup.augment) })}`);
  }
  if (setup.balanced) lines.push('class_weight = "balanced"');
  return `${lines.join("\n")}\n`;
}

/** The data as a table with a heading; the last column is the label or the value. */
export function csv({ x, y, n, inputs, task, classes, shape }) {
  const names = shape ? Array.from({ length: inputs }, (_, j) => `pixel${j}`) : Array.from({ length: inputs }, (_, j) => `x${j + 1}`);
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [[...names, task === "classes" ? "label" : "value"].join(",")];
  for (let i = 0; i < n; i++) {
    lines.push([...Array.from(x.subarray(i * inputs, (i + 1) * inputs), (v) => Number(v.toPrecision(7))), task === "classes" ? quoted(classes[y[i]]) : y[i]].join(","));
  }
  return `${lines.join("\n")}\n`;
}

