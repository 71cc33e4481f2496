// The network as a picture: a tile for each unit, lines for the weights, all moving as it learns.

import { css, mix, paintImage, paintSigned, palette } from "../../report/page/colours.js";
import { button, choice, clear, el, number, onFrame, onResize, percent } from "../../report/page/dom.js";
import { isSeen, LAYERS } from "../../report/page/layers.js";
import { classCss } from "./class_colours.js";
import { isNormalised, ONE_NUMBER, readLayers, writeLayers } from "./layer_text.js";
import { makeOneStop } from "./roving.js";
import { SETTINGS } from "./settings.js";
import { ACTIVATION_TABLE } from "./tables.js";
import { GRID, place } from "./views.js";

const title = (kind) => kind.replace("_", " ");

/** A menu of numbers, with the present one if it is another. */
function valueChoice(offers, present, words, change, attributes) {
  const offered = [...new Set([...offers, present])].sort((a, b) => a - b);
  const node = choice(offered.map((value) => [value, words(value)]), (value) => change(Number(value)), attributes);
  node.value = String(present);
  return node;
}

const MOST = { plane: 16, image: 40, own: 20 }; // tiles of a layer that are shown

export class Diagram {
  constructor(playground) {
    this.playground = playground;
    this.lines = el("canvas", { class: "lines", "aria-hidden": "true" });
    this.columns = el("div", { class: "columns" });
    this.words = el("p", { class: "caption", "aria-live": "polite" });
    this.size = el("span", { class: "caption" });
    this.adder = choice([["", "+ layer"], ...Object.keys(LAYERS).map((kind) => [kind, kind === "dense" ? "units" : title(kind)])], (kind) => this.addLayer(kind), { class: "small", "aria-label": "Add a layer" });
    this.node = el("section", { class: "card panel network", id: "network" },
      el("div", { class: "row head" }, el("h2", {}, "Network"), this.size,
        this.adder),
      el("div", { class: "net" }, this.lines, this.columns), this.words);
    this.shape = "";
    this.place = onFrame(() => this.measure());
    onResize(this.columns, () => this.place());
    playground.frames.watch((frame) => this.show(frame));
    palette.watch(() => { this.shape = ""; });
  }

  restarted(data) {
    this.node.hidden = !data.n;
  }

  // --- changing it ---

  get layers() {
    return readLayers(this.playground.setup.layers);
  }

  setLayers(layers) {
    this.playground.choose({ layers: writeLayers(layers) });
  }

  /** Adds a layer before the output. */
  addLayer(kind) {
    this.adder.value = "";
    const { layers } = this;
    if (!kind || layers.length > 7) return;
    const { units = 8, fn = "relu" } = layers.findLast((layer) => layer.kind === "dense") ?? {};
    const dense = kind === "dense" && `${Math.max(4, Math.min(units, 32))} ${fn}`;
    const more = [...layers, ...readLayers(dense || kind)];
    if (isNormalised(more, layers.length)) this.words.textContent = "The last layer is normalised already.";
    else this.setLayers(more);
  }

  /** The buttons above a layer. */
  controls(layer, l) {
    const change = (changes) => this.setLayers(this.layers.map((one, i) => (i === l ? { ...one, ...changes } : one)));
    const remove = button("✕", () => this.setLayers(this.layers.filter((_, i) => i !== l)), { class: "tiny quiet", "aria-label": `Remove layer ${l + 1}`, title: "Remove this layer" });
    if (layer.kind in ONE_NUMBER) return el("div", { class: "layer-head" }, el("span", { class: "kind" }, layer.kind), this.oneNumber(layer, change), remove);
    const fn = choice(Object.keys(ACTIVATION_TABLE).filter((name) => name !== "softmax").map((name) => [name, name.replace("_", " ")]), (name) => change({ fn: name }), { "aria-label": `Activation of layer ${l + 1}`, title: `f(z) = ${ACTIVATION_TABLE[layer.fn]?.formula}` });
    fn.value = layer.fn;
    const slope = layer.fn === "leaky_relu" ? this.slope(layer, l, change) : null;
    if (layer.kind !== "dense") return el("div", { class: "layer-head" }, el("span", { class: "kind" }, title(layer.kind)), fn, slope, remove);
    const step = layer.units >= 32 ? 8 : layer.units >= 12 ? 4 : 1;
    return el("div", { class: "layer-head" },
      el("div", { class: "stepper" }, button("−", () => change({ units: Math.max(1, layer.units - step) }), { class: "tiny", "aria-label": `Fewer units in layer ${l + 1}` }),
        el("b", { title: "units" }, String(layer.units)), button("+", () => change({ units: Math.min(512, layer.units + step) }), { class: "tiny", "aria-label": `More units in layer ${l + 1}` })), fn, slope, remove);
  }

  /** The rate of dropout, the deviation of noise. */
  oneNumber(layer, change) {
    const { name, title: label, offers, as } = ONE_NUMBER[layer.kind];
    return valueChoice(offers, layer[name], as === "percent" ? (value) => percent(value, 0) : number, (value) => change({ [name]: value }), { "aria-label": label, title: label });
  }

  /** The slope of leaky relu for negative z. */
  slope({ slope }, l, change) {
    return valueChoice(SETTINGS.slope.offers, slope, (value) => `slope ${number(value)}`, (value) => change({ slope: value }), { "aria-label": `Slope of leaky relu in layer ${l + 1}` });
  }

  // --- building it ---

  show(frame) {
    const { data } = this.playground;
    const shape = JSON.stringify([frame.layers, data.inputs, data.shape, data.classes, frame.view.kind]);
    if (shape !== this.shape) this.build(frame, shape);
    this.paint(frame);
  }

  build({ layers, shapes, view }, shape) {
    this.shape = shape;
    const { data } = this.playground;
    const weights = Object.entries(shapes).filter(([name]) => !/mean|variance/.test(name)).reduce((sum, [, [a, b = 1]]) => sum + a * b, 0);
    const dense = layers.filter(({ kind }) => kind === "dense");
    this.size.textContent = `${[data.inputs, ...dense.map(({ units }) => units)].join(" – ")}, ${number(weights, 6)} parameters`;
    this.most = this.playground.setup.data === "own" ? MOST.own : view.kind === "image" ? MOST.image : MOST.plane;
    let number_ = 0;
    let last = data.inputs;
    this.tiles = [];
    const columns = [this.inputColumn(view.kind)];
    layers.slice(0, -1).forEach((layer, l) => {
      if (layer.kind === "dense") [number_, last] = [number_ + 1, layer.units];
      columns.push(this.column(layer, l, number_, last, view.kind));
    });
    columns.push(this.outputColumn(view.kind, number_ + 1));
    clear(this.columns, columns);
    for (const units of this.columns.querySelectorAll(".units")) makeOneStop(units);
    this.columns.classList.toggle("images", view.kind === "image");
    this.place();
  }

  inputColumn(kind) {
    const { data } = this.playground;
    const names = kind === "plane" ? ["x", "y"] : kind === "graph" ? ["x"] : ["image"];
    const units = names.map((name) => this.tile(`input ${name}`, kind === "image" ? "input-image" : ""));
    this.inputs = units;
    return el("div", { class: "net-column input" }, el("div", { class: "layer-head" }, el("span", { class: "kind" }, kind === "image" ? data.shape ? data.shape.join(" × ") : `${data.inputs} columns` : "input")), el("div", { class: "units" }, units.map(({ node }) => node)));
  }

  column(layer, l, number_, units, kind) {
    const seen = isSeen(layer);
    const shown = seen ? Math.min(units, this.most) : 0;
    const tiles = Array.from({ length: shown }, (_, j) => this.tile(`unit ${j + 1} of layer ${l + 1}`, "", { l, j }));
    if (seen) this.tiles.push({ layer, number: number_, tiles, l });
    const more = seen && units > shown ? el("span", { class: "caption" }, `and ${units - shown} more`) : null;
    return el("div", { class: `net-column${shown > 8 && kind === "image" ? " wide" : ""}${seen ? "" : " thin"}` }, this.controls(layer, l), el("div", { class: "units" }, tiles.map(({ node }) => node), seen ? null : el("span", { class: "veil", title: ONE_NUMBER[layer.kind].meaning }, "░")), more);
  }

  outputColumn(kind, number_) {
    const { data } = this.playground;
    this.outputNumber = number_;
    this.outputs = kind === "image" && data.task === "classes" ? data.classes.slice(0, 26).map((name) => {
      const [fill, figure] = [el("div", { class: "fill" }), el("span", { class: "figure" })];
      return { fill, figure, node: el("div", { class: "out" }, el("span", { class: "name" }, name), el("div", { class: "track" }, fill), figure) };
    }) : Array.from({ length: kind === "plane" ? data.outputs : 1 }, (_, k) => this.outTile(k, kind));
    return el("div", { class: "net-column output" }, el("div", { class: "layer-head" }, el("span", { class: "kind" }, "output")), el("div", { class: "units" }, this.outputs.map(({ node }) => node)));
  }

  outTile(k, kind) {
    const tile = this.tile(kind === "plane" ? `output ${this.playground.data.classes[k]}` : "output", "out-tile");
    if (kind === "plane") tile.node.style.borderColor = classCss(k);
    return tile;
  }

  tile(label, className, at = null) {
    const canvas = el("canvas", { width: GRID, height: GRID });
    const node = el("button", {
      type: "button", class: `unit ${className}`, "aria-label": label, title: label,
      onpointerenter: () => this.look(at, label), onfocus: () => this.look(at, label), onpointerleave: () => this.look(null), onblur: () => this.look(null),
    }, canvas);
    return { canvas, node };
  }

  /** The large picture shows the unit under the pointer. */
  look(at, label = "") {
    this.playground.panels.result.showUnit(at);
    this.words.textContent = at ? label : "";
  }

  // --- painting it ---

  paint({ view, parameters }) {
    const paint = { plane: () => this.paintPlane(view), graph: () => this.paintGraph(view), image: () => this.paintImages(view, parameters) };
    paint[view.kind]();
    this.paintLines(parameters);
  }

  paintPlane(view) {
    const ramp = [0, 1].map((axis) => Float32Array.from({ length: GRID * GRID }, (_, i) => (axis ? -place(Math.floor(i / GRID)) : place(i % GRID))));
    this.inputs.forEach(({ canvas }, axis) => paintSigned(canvas, ramp[axis], [GRID, GRID], 1.2));
    this.tiles.forEach(({ tiles }, s) => tiles.forEach(({ canvas }, j) => paintSigned(canvas, view.units[s][j], [GRID, GRID])));
    this.outputs.forEach(({ canvas }, k) => {
      const n = view.outputs;
      const values = Float32Array.from({ length: GRID * GRID }, (_, i) => (n === 1 ? (k ? 1 : -1) * (2 * view.region[i] - 1) : view.region[i * n + k] - 1 / n));
      paintSigned(canvas, values, [GRID, GRID], 0.6);
    });
  }

  paintGraph(view) {
    const line = (canvas, values) => {
      const context = canvas.getContext("2d");
      const [w, h] = [GRID, GRID];
      context.clearRect(0, 0, w, h);
      const most = values.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-6);
      Object.assign(context, { strokeStyle: css(palette.value.line), lineWidth: 1 });
      context.beginPath(); context.moveTo(0, h / 2); context.lineTo(w, h / 2); context.stroke();
      Object.assign(context, { strokeStyle: css(palette.value.positive), lineWidth: 2.4 });
      context.beginPath();
      values.forEach((v, i) => context[i ? "lineTo" : "moveTo"]((i * w) / (values.length - 1), h / 2 - (v / most) * h * 0.42));
      context.stroke();
    };
    line(this.inputs[0].canvas, Float32Array.from({ length: 9 }, (_, i) => i / 4 - 1));
    this.tiles.forEach(({ tiles }, s) => tiles.forEach(({ canvas }, j) => line(canvas, view.units[s][j])));
    line(this.outputs[0].canvas, view.line);
  }

  paintImages(view, parameters) {
    const { data, wants } = this.playground;
    const shape = data.shape ?? [1, data.inputs];
    const pixels = wants.pixels ?? data.x.subarray(view.row * data.inputs, (view.row + 1) * data.inputs);
    if (data.shape) paintImage(this.inputs[0].canvas, pixels, shape, 255);
    else paintSigned(this.inputs[0].canvas, pixels, shape);
    let image = null; // of each unit: its weights, carried back through the layers to the pixels
    let width = data.inputs;
    this.tiles.forEach(({ layer, number: number_, tiles }, s) => {
      if (layer.kind === "dense") {
        const W = parameters[`W${number_}`];
        image = carried(image, W, width, layer.units, data.inputs, tiles.length);
        width = Math.min(layer.units, tiles.length);
      }
      const activations = view.activations[s];
      const most = activations.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-9);
      tiles.forEach(({ canvas, node }, j) => {
        if (image) paintSigned(canvas, image[j], shape);
        node.style.borderColor = css(mix(palette.value.line, activations[j] < 0 ? palette.value.negative : palette.value.positive, Math.min(1, Math.abs(activations[j]) / most)));
      });
    });
    this.paintOutputs(view.activations.at(-1));
  }

  paintOutputs(given) {
    const probabilities = given.length === 1 && this.outputs.length === 2 ? [1 - given[0], given[0]] : given;
    const best = probabilities.indexOf ? probabilities.reduce((top, p, k) => (p > probabilities[top] ? k : top), 0) : 0;
    this.outputs.forEach(({ fill, figure, node }, k) => {
      if (!fill) return;
      fill.style.width = `${100 * Math.min(Math.max(probabilities[k], 0), 1)}%`;
      figure.textContent = percent(Math.min(Math.max(probabilities[k], 0), 1), 0);
      node.classList.toggle("most", k === best);
    });
  }

  // --- lines ---

  /** Where the tiles are, for the lines between them. */
  measure() {
    if (!this.tiles) return;
    const ground = this.columns.parentElement;
    const { left, top, width, height } = ground.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    Object.assign(this.lines, { width: Math.round(width * scale), height: Math.round(height * scale) });
    const boxes = (tiles) => tiles.map(({ node }) => {
      const box = node.getBoundingClientRect();
      return { left: (box.left - left) * scale, right: (box.right - left) * scale, y: (box.top + box.height / 2 - top) * scale };
    });
    const rows = this.tiles.filter(({ layer }) => layer.kind === "dense");
    this.places = [this.inputs, ...rows.map(({ tiles }) => tiles), this.outputs].map(boxes);
    if (this.playground.latest) this.paintLines(this.playground.latest.parameters);
  }

  paintLines(parameters) {
    if (!this.places) return;
    const context = this.lines.getContext("2d");
    context.clearRect(0, 0, this.lines.width, this.lines.height);
    const { positive, negative } = palette.value;
    for (let l = 1; l < this.places.length; l++) {
      const [from, to] = [this.places[l - 1], this.places[l]];
      const W = parameters[`W${l}`];
      const units = parameters[`b${l}`]?.length;
      if (!W || from.length * to.length > 400 || Math.max(from.length, to.length) > 16) continue;
      const most = W.reduce((top, w) => Math.max(top, Math.abs(w)), 1e-9);
      for (let i = 0; i < from.length && i * units < W.length; i++) {
        for (let j = 0; j < Math.min(to.length, units); j++) {
          const w = W[i * units + j];
          const size = Math.abs(w) / most;
          if (size < 0.03) continue;
          context.globalAlpha = 0.12 + 0.75 * size;
          context.strokeStyle = css(w < 0 ? negative : positive);
          context.lineWidth = (0.5 + 4.5 * size) * (devicePixelRatio || 1);
          curve(context, from[i].right, from[i].y, to[j].left, to[j].y);
        }
      }
    }
    context.globalAlpha = 1;
  }
}

function curve(context, x0, y0, x1, y1) {
  const bend = (x1 - x0) / 2;
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  context.stroke();
}

/** The weights of each unit as an image; those of deeper units are sums of the images before. */
function carried(before, W, width, units, inputs, shown) {
  return Array.from({ length: shown }, (_, j) => {
    const image = new Float32Array(inputs);
    if (!before) for (let i = 0; i < inputs; i++) image[i] = W[i * units + j];
    else for (let k = 0; k < width; k++) for (let i = 0; i < inputs; i++) image[i] += W[k * units + j] * before[k][i];
    return image;
  });
}
