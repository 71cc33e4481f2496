// Layers as text, which fits into the page's address: "8 tanh, dropout 0.2, batch_norm relu".

import { readSettings, writeSettings } from "./settings.js";
import { ACTIVATION_TABLE, LAYER_TABLE } from "./tables.js";

const MOST_UNITS = 512;

/** Kinds of layers that work in training alone, by one number: its name, its usual value, the values
 * that a menu offers, and what the layer does. */
export const ONE_NUMBER = {
  dropout: { name: "rate", title: "Dropout rate", usual: 0.2, offers: [0.1, 0.2, 0.3, 0.5], most: 0.99, as: "percent", meaning: "Dropout sets random units to 0 in training" },
  noise: { name: "deviation", title: "Standard deviation of the noise", usual: 0.1, offers: [0.01, 0.03, 0.1, 0.3, 1], most: 100, meaning: "Random numbers are added to the units in training" },
};

const has = Object.hasOwn; // a word such as "constructor" is not a name in a table
const hasUnits = (kind) => !has(LAYER_TABLE, kind) || kind === "dense";

/** The layers of a recipe, without the output. */
export function readLayers(text) {
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  return parts.map(readLayer).filter((layer, l, all) => !isNormalised(all, l));
}

const isNorm = (kind) => !hasUnits(kind) && !has(ONE_NUMBER, kind);

/** Whether layer l normalises a dense layer that another normalises already: both would have the same
 * parameters, and the library refuses such a network. */
export function isNormalised(layers, l) {
  if (!isNorm(layers[l].kind)) return false;
  const from = layers.slice(0, l).findLastIndex(({ kind }) => kind === "dense");
  return layers.slice(from + 1, l).some(({ kind }) => isNorm(kind));
}

/** "8 tanh" -> { kind: "dense", units: 8, fn: "tanh" }. */
function readLayer(part) {
  const [first, second, ...settings] = part.split(/\s+/);
  if (has(ONE_NUMBER, first)) {
    const { name, usual, most } = ONE_NUMBER[first];
    const value = Number.parseFloat(second);
    return { kind: first, [name]: Number.isNaN(value) ? usual : Math.min(Math.max(value, 0), most) };
  }
  const fn = has(ACTIVATION_TABLE, second) ? second : hasUnits(first) ? "relu" : "identity";
  const extra = readSettings(pairs(settings), defaultsOf(first, fn));
  if (!hasUnits(first)) return { kind: first, fn, ...extra };
  return { kind: "dense", units: Math.min(Math.max(Math.round(Number(first)) || 1, 1), MOST_UNITS), fn, ...extra };
}

/** The text of such layers. */
export const writeLayers = (layers) => layers.map(({ kind, units, fn, ...settings }) => {
  if (has(ONE_NUMBER, kind)) return `${kind} ${settings[ONE_NUMBER[kind].name]}`;
  const extra = writeSettings(readSettings(given(settings), defaultsOf(kind, fn)), defaultsOf(kind, fn)).replaceAll(",", "");
  return `${kind === "dense" ? units : kind} ${fn}${extra && ` ${extra}`}`;
}).join(", ");

/** The numbers of a layer besides its units: those of a normalisation, and the slope of leaky relu. */
const defaultsOf = (kind, fn) => ({ ...(!hasUnits(kind) && LAYER_TABLE[kind]), ...ACTIVATION_TABLE[fn].settings });

/** ["slope", "0.2", "epsilon", "1"] -> "slope 0.2, epsilon 1". */
const pairs = (words) => words.map((word, i) => (i % 2 ? `${word},` : `${word} `)).join("");
const given = (settings) => Object.entries(settings).map(([name, value]) => `${name} ${value}`).join(", ");
