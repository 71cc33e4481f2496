// What a doctor would say about the training as it is, each with a change that helps.

import { number, percent } from "../../report/page/dom.js";
import { readLayers, writeLayers } from "./layer_text.js";

const half = (value) => Number((value / 3).toPrecision(1));

/** The findings of a frame: { name, title, words, advice, changes }, the most serious first. */
export function findings({ setup, curve, health, step, held, shapes }, data) {
  const found = [];
  const last = curve.at(-1);
  const say = (name, title, words, advice, changes) => found.push({ name, title, words, advice, changes });
  const losses = curve.slice(-12).map(({ loss }) => loss);
  const rising = losses.length > 4 && losses.at(-1) > 1.5 * Math.min(...losses) && losses.at(-1) > 0.3;
  const dead = Math.max(0, ...health.map(({ dead: fraction }) => fraction ?? 0));
  if (Object.entries(shapes).some(([name]) => name.startsWith("W")) && setup.weight_init === "zeros") {
    say("zeros", "All weights start at 0.", "The units of a layer stay the same for ever.", "Begin with Glorot's", { weight_init: "glorot_uniform" });
  }
  const isWorseThanGuessing = data.task === "classes" && losses.length > 4 && Math.min(...losses) > 1.2 * Math.log(Math.max(data.outputs, 2)) && health.some(({ ratio }) => ratio > 1e-3);
  if (rising || isWorseThanGuessing || health.some(({ ratio }) => ratio > 0.3)) {
    say("rate-high", "The steps are too large.", `The loss jumps instead of falling, at a rate of ${number(setup.learning_rate)}.`, `Rate ${number(half(setup.learning_rate))}`, { learning_rate: half(setup.learning_rate) });
  } else if (step > 200 && last && losses.length > 4 && !(last.accuracy >= 0.9) && health.every(({ ratio }) => ratio > 0 && ratio < 1e-4)) {
    say("rate-low", "The steps are tiny.", "The weights hardly move.", `Rate ${number(3 * setup.learning_rate, 1)}`, { learning_rate: Number((3 * setup.learning_rate).toPrecision(1)) });
  }
  if (dead > 0.3 && step > 20) {
    const layers = readLayers(setup.layers).map((layer) => (layer.fn === "relu" ? { ...layer, fn: "leaky_relu" } : layer));
    say("dead", "Dead units.", `${percent(dead, 0)} of a layer's units are 0 for the whole batch and no longer learn. Large steps kill them.`, `Leaky relu, rate ${number(half(setup.learning_rate))}`, { layers: writeLayers(layers), learning_rate: half(setup.learning_rate) });
  }
  if (data.task === "classes" && last?.accuracy >= 0.75 && step > 100 && last.accuracy - held.accuracy > 0.1 && data.test.length >= 20) {
    say("over-fitting", "Learnt by heart.", `${percent(last.accuracy)} of the training examples are correct, but only ${percent(held.accuracy)} of the held-out ones.`, "L2 penalty 0.01", setup.l2 ? null : { l2: 0.01 });
  }
  const early = curve.at(-8);
  const isStill = found.some(({ name }) => name !== "dead"); // for another reason
  if (data.task === "classes" && !isStill && curve.length > 12 && last.accuracy < 0.8 && early && Math.abs(early.loss - last.loss) < 0.01 && dead < 0.3) {
    const layers = readLayers(setup.layers);
    const wider = layers.length ? layers.map((layer) => (layer.kind === "dense" ? { ...layer, units: Math.min(2 * layer.units, 128) } : layer)) : [{ kind: "dense", units: 8, fn: "tanh" }];
    say("small", "It no longer improves.", "The network may be too small for these data.", layers.length ? "Twice the units" : "A hidden layer", { layers: writeLayers(wider) });
  }
  return found;
}
