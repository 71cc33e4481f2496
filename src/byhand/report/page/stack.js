// The layers of a network in their places: numbered, with views of their parameters and their buffers.

import { LAYERS } from "./layers.js";

/** Calls work(layer, inputs, number) for each layer. Dense layers are numbered from 1; another layer
 * has the number of the dense layer before it. */
function walk(layers, inputs, work) {
  let number = 0;
  for (const layer of layers) {
    if (layer.kind === "dense") number += 1;
    work(layer, inputs, number);
    inputs = layer.kind === "dense" ? layer.units : inputs;
  }
}

/** The shapes of all parameters and of all running statistics, by name. */
export function shapesOf(layers, inputs) {
  const [parameters, statistics] = [{}, {}];
  walk(layers, inputs, (layer, n_in, number) => {
    Object.assign(parameters, LAYERS[layer.kind].shapes(layer, n_in, number));
    Object.assign(statistics, LAYERS[layer.kind].statistics?.(n_in, number));
  });
  return { parameters, statistics };
}

/** The layers, each reading what the one before it writes; the first reads `x`. `shared` is what all
 * of them need: parameters, gradients, statistics, capacity, products and activation. */
export function buildStack(layers, x, shared) {
  const stack = [];
  walk(layers, x.width, (layer, inputs, number) => {
    stack.push(new LAYERS[layer.kind](layer, { ...shared, number, inputs, x: stack.at(-1)?.y ?? x }));
  });
  return stack;
}
