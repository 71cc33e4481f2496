// The settings of a named choice as text: "beta1 0.8, epsilon 0.000001" holds those that differ from
// the library's defaults. `setup.js` writes the text into the address; two set-ups compare with ===.

const RATES = [0, 0.5, 0.8, 0.9, 0.95, 0.99];
const SMALL = [0, 0.0001, 0.001, 0.01, 0.1];
const TINY = 1e-12;

/** Setting -> its title, the values that a menu offers, and the bounds that the library allows. */
export const SETTINGS = {
  mu: { title: "Momentum, mu", offers: RATES, least: 0, most: 0.9999 },
  rho: { title: "Memory, rho", offers: RATES, least: 0, most: 0.9999 },
  beta1: { title: "beta1", offers: RATES, least: 0, most: 0.9999 },
  beta2: { title: "beta2", offers: [0.9, 0.99, 0.999, 0.9999], least: 0, most: 0.999999 },
  epsilon: { title: "epsilon", offers: [1e-10, 1e-8, 1e-6, 1e-4, 1e-2], least: TINY, most: 1 },
  weight_decay: { title: "Weight decay", offers: SMALL, least: 0, most: 10 },
  drop: { title: "falls by the factor", offers: [0.1, 0.2, 0.5, 0.8], least: TINY, most: 10 },
  every: { title: "every … epochs", offers: [1, 2, 5, 10, 20, 50, 100], least: 0.01, most: 1e6 },
  decay: { title: "decay", offers: [0.01, 0.03, 0.1, 0.3, 0.9, 0.95, 0.99], least: TINY, most: 1e6 },
  start: { title: "begins at", offers: [0, 0.04, 0.1, 0.3], least: 0, most: 10 },
  end: { title: "ends at", offers: [0, 0.0001, 0.01, 0.1, 0.5], least: 0, most: 10 },
  peak: { title: "peak after", offers: [0.1, 0.2, 0.3, 0.5], least: 0.001, most: 0.999 },
  epochs: { title: "rises over epochs", offers: [0.5, 1, 2, 5, 10, 20], least: 0.01, most: 1e6 },
  then: { title: "then" },
  factor: { title: "falls by the factor", offers: [0.1, 0.2, 0.5, 0.8], least: 0.001, most: 0.999 },
  patience: { title: "after … epochs", offers: [1, 2, 3, 5, 10, 20], least: 1, most: 1e6, whole: true },
  min_delta: { title: "improvement of at least", offers: SMALL, least: 0, most: 1e6 },
  delta: { title: "delta", offers: [0.1, 0.3, 0.5, 1, 2], least: TINY, most: 1e6 },
  slope: { title: "slope", offers: [0.01, 0.05, 0.1, 0.2, 0.3], least: 0, most: 0.9999 },
  momentum: { title: "momentum", offers: [0.01, 0.05, 0.1, 0.3], least: 0.0001, most: 1 },
};

/** A value as a setting allows it; null if the setting does not allow it. */
function within(name, text) {
  const { least, most, whole } = SETTINGS[name];
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return null;
  const kept = Math.min(Math.max(value, least), most);
  return whole ? Math.round(kept) : kept;
}

/** The defaults, and what a text changes of them; unknown names and wrong values change nothing. */
export function readSettings(text, defaults) {
  const settings = { ...defaults };
  for (const part of text.split(",")) {
    const [name, value = ""] = part.trim().split(/\s+/);
    if (!Object.hasOwn(defaults, name) || !Object.hasOwn(SETTINGS, name)) continue;
    settings[name] = typeof defaults[name] === "string" ? value : within(name, value) ?? defaults[name];
  }
  return settings;
}

/** Settings as text: those that are not the default. */
export const writeSettings = (settings, defaults) => (
  Object.entries(defaults).filter(([name, usual]) => settings[name] !== usual).map(([name]) => `${name} ${settings[name]}`).join(", ")
);
