// The drawing box and the network that answers while one draws.

import { Box, inkOfPicture, SIDE } from "./box.js";
import { paintImage, paintSigned, palette } from "./colours.js";
import { button, clear, el, help, number, percent, whole } from "./dom.js";
import { Bars, followTheme, most, picture, stripClass } from "./parts.js";
import { prepare, PREPARATIONS } from "./prepare.js";
import { DIGITS, HOUSE, UCI_DIGITS } from "./strokes.js";

const PEN = { smallest: 8, largest: 48, usual: 24, thick: 36 }; // thick: as in the UCI digits
const NEAREST = 8;

// --- what is drawn -------------------------------------------------------------------------------

/** A small picture of strokes for its button. */
function thumbnail(strokes, label, onclick) {
  const canvas = el("canvas", { width: 64, height: 64 });
  canvas.repaint = () => {
    const context = canvas.getContext("2d");
    const [r, g, b] = palette.value.ink;
    context.clearRect(0, 0, 64, 64);
    Object.assign(context, { strokeStyle: `rgb(${r} ${g} ${b})`, lineWidth: 6, lineCap: "round", lineJoin: "round" });
    for (const points of strokes) {
      context.beginPath();
      points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x * 0.64, y * 0.64));
      context.stroke();
    }
  };
  return el("button", { type: "button", onclick, "aria-label": label, title: label }, canvas);
}

/** Test images as examples, where the classes are not digits: one of each class. */
function imageExamples({ pictures }, lay) {
  const firsts = pictures.classes.map((_, k) => pictures.search({ label: k, guess: k }).at(-1));
  return firsts.filter((place) => place !== undefined).slice(0, 12).map((place) => {
    const about = pictures.about(place);
    const label = `example: ${pictures.classes[about.label]}`;
    return el("button", { type: "button", "aria-label": label, title: label, onclick: () => lay(about.pixels) }, picture(about.pixels, pictures, label));
  });
}

/** Pixels of an image as ink in the box, every pixel a square. */
function enlarge(pixels, { shape: [height, width], peak }) {
  const cell = SIDE / Math.max(height, width);
  const [left, top] = [(SIDE - width * cell) / 2, (SIDE - height * cell) / 2];
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [Math.floor((i % SIDE - left) / cell), Math.floor((Math.floor(i / SIDE) - top) / cell)];
    const within = x >= 0 && y >= 0 && x < width && y < height;
    return within ? Math.round((255 * pixels[y * width + x]) / peak) : 0;
  });
}

function exampleButtons(model, box) {
  const { pictures, header } = model;
  const digits = pictures.classes.every((name) => name in DIGITS);
  const shapes = header.data.preparation === "digits" ? UCI_DIGITS : DIGITS;
  if (!digits) return imageExamples(model, (pixels) => box.lay(enlarge(pixels, pictures)));
  const all = pictures.classes.map((name) => [shapes[name], `example: ${name}`]);
  return [...all, [HOUSE, "example: not a digit"]]
    .map(([strokes, label]) => thumbnail(strokes, label, () => box.draw(strokes)));
}

// --- what comes of it ----------------------------------------------------------------------------

/** The last stage: what the first layer works with, blue above zero and orange below. */
function scaledStage({ network, pictures }, A0) {
  const { factor, offset } = network.input;
  const words = factor.length > 1
    ? "each pixel by its own factor and offset"
    : `times ${number(factor[0], 4)}${offset[0] ? `, minus ${number(offset[0], 4)}` : ""}: what the network works with`;
  return { title: "Scale", words, pixels: A0, shape: pictures.shape, peak: null };
}

class Stages {
  constructor() {
    this.node = el("div", { class: "stages" });
  }

  show(stages) {
    if (this.node.children.length !== stages.length) clear(this.node, stages.map(() => this.empty()));
    stages.forEach((stage, i) => this.fill(this.node.children[i], stage));
  }

  empty() {
    return el("div", { class: "stage" }, el("canvas", { role: "img" }), el("h4"), el("p"));
  }

  fill(node, { title, words, pixels, shape, peak }) {
    const [canvas, head, text] = node.children;
    canvas.repaint = () => (peak ? paintImage(canvas, pixels, shape, peak) : paintSigned(canvas, pixels, shape));
    canvas.repaint();
    canvas.setAttribute("aria-label", title);
    head.textContent = title;
    text.textContent = words;
  }
}

function lively(values, l) {
  const above = values.reduce((count, value) => count + (value > 0), 0);
  return `Hidden layer ${l}: ${whole(above)} of ${whole(values.length)} units above zero`;
}

/** One small picture of activations a layer. */
class Activations {
  constructor({ network }) {
    this.network = network;
    this.node = el("div", { class: "layers" });
  }

  show({ rows }) {
    clear(this.node, rows.slice(1).map((values, l) => this.layer(values, l + 1, rows.length - 1)));
  }

  layer(values, l, last) {
    const columns = Math.min(values.length, Math.max(10, Math.ceil(Math.sqrt(values.length * 10))));
    const lines = Math.ceil(values.length / columns);
    const padded = new Float64Array(lines * columns);
    padded.set(values);
    const canvas = el("canvas", { role: "img", style: `width: ${Math.min(100, columns * 4)}%; aspect-ratio: ${columns} / ${lines}; max-width: 34rem` });
    canvas.repaint = () => paintSigned(canvas, padded, [lines, columns]);
    canvas.repaint();
    return el("figure", {}, canvas, el("figcaption", {}, l === last ? "Output: the bars above" : lively(values, l)));
  }
}

class Answer {
  constructor({ header, pictures }) {
    Object.assign(this, { unusual: header.unusual, pictures });
    this.node = el("div", { class: "verdict", role: "status", "aria-live": "polite", id: "verdict" });
  }

  nothing() {
    clear(this.node, el("div", { class: "answer" }, el("small", {}, "Nothing drawn")), el("p", { class: "help" }, "Draw in the box, or click an example below it."));
  }

  show(probabilities, nearest) {
    const best = most(probabilities);
    const strange = this.unusual && nearest.length && nearest[0].distance > this.unusual.distance;
    clear(
      this.node,
      el("div", { class: "answer" }, this.pictures.classes[best], " ", el("small", {}, `with ${percent(probabilities[best])}`)),
      strange ? el("p", { class: "doubt" }, "This does not look like the training data.") : null,
      this.unusual && nearest.length ? el("p", { class: "help" }, this.distanceWords(nearest[0].distance)) : null,
    );
  }

  distanceWords(distance) {
    const { distance: limit, share } = this.unusual;
    return `Nearest training image: ${number(distance, 3)} away; ${percent(share, 0)} of the test images have one within ${number(limit, 3)}.`;
  }
}

function nearestStrip({ pictures }, nearest) {
  return nearest.map(({ pixels, label, distance }) => el(
    "div", { class: "thumb" }, picture(pixels, pictures, `training image, label ${pictures.classes[label]}`),
    el("span", {}, pictures.classes[label]), el("span", {}, number(distance, 3)),
  ));
}

// --- the section ---------------------------------------------------------------------------------

/** The answer in a corner of the box, where a finger drawing on a phone can see it. */
function said(probabilities, classes) {
  const best = most(probabilities);
  return `${classes[best]} · ${percent(probabilities[best], 0)}`;
}

/** One example to begin with, so that the page shows at once what it does. */
function showFirst(examples, box) {
  const first = examples.children[Math.min(3, examples.children.length - 1)];
  if (!first) return;
  first.click();
  box.markDemo();
}

/** Dropped, pasted and chosen files become ink in the box. */
function acceptPictures(holder, box, say) {
  const take = async (files) => {
    const file = [...files].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    try {
      box.lay(await inkOfPicture(file), true);
    } catch {
      say("That file could not be read as a picture; PNG, JPEG and WebP can.");
    }
  };
  holder.addEventListener("dragover", (event) => { event.preventDefault(); holder.classList.add("dropping"); });
  holder.addEventListener("dragleave", () => holder.classList.remove("dropping"));
  holder.addEventListener("drop", (event) => { event.preventDefault(); holder.classList.remove("dropping"); take(event.dataTransfer.files); });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  const input = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => { take(input.files); input.value = ""; } });
  return [button("Picture…", () => input.click(), { title: "Take a picture from a file; pasting and dropping one works too" }), input];
}

export function showDrawing(section, model) {
  const { header, network, pictures, example, drawing } = model;
  section.append(el("h2", {}, "Draw"));
  const { preparation } = header.data;
  if (!preparation) {
    section.append(el("p", { class: "card" }, "These data are no pictures, so there is nothing to draw."));
    return;
  }
  const bars = new Bars(pictures.classes);
  const answer = new Answer(model);
  const stages = new Stages();
  const activations = new Activations(model);
  const near = el("div", { class: stripClass(pictures.classes) });
  const hint = el("div", { class: "hint" });

  const chip = el("div", { class: "chip", "aria-hidden": "true" });
  let prepared = null;
  const changed = (ink) => {
    hint.hidden = (Boolean(ink) && !box.demo) || box.cursor.shown;
    hint.classList.toggle("demo", box.demo);
    hint.textContent = box.demo ? "An example: just draw over it" : PREPARATIONS[preparation].hint;
    const done = prepare(preparation, ink ?? new Uint8Array(SIDE * SIDE), SIDE, pictures, Boolean(box.base) && box.photo);
    const nothing = !ink || !done.pixels;
    const pixels = nothing ? new Uint8Array(pictures.size) : done.pixels;
    const forward = network.forward(network.scale(pixels));
    stages.show([...done.stages, scaledStage(model, forward.A0)]);
    activations.show(forward);
    const nearest = nothing ? [] : pictures.nearest(pixels, NEAREST);
    clear(near, nearestStrip(model, nearest));
    nearHelp.textContent = nothing ? "They appear here as soon as something is drawn." : nearWords;
    bars.update(nothing ? null : network.probabilities(forward));
    chip.textContent = nothing ? "" : said(network.probabilities(forward), pictures.classes);
    if (nothing) answer.nothing();
    else answer.show(network.probabilities(forward), nearest);
    prepared = nothing ? null : pixels;
  };
  const rested = () => {
    const own = prepared && { pixels: prepared, label: null, title: "Your drawing", own: true };
    drawing.set(own);
    if (own && example.value.own) example.set(own);
  };
  const nearWords = `The ${NEAREST} nearest of the ${whole(pictures.trainLabels.length)} training images in this page: label and distance between pixels of 0 to 1.`;
  const nearHelp = help(nearWords);
  const pen = preparation === "digits" ? PEN.thick : PEN.usual;
  const box = new Box({ pen, changed, rested });
  const holder = el("div", { class: "box" }, box.canvas, hint, chip);
  const note = el("p", { class: "help", role: "status" });
  const size = el("input", { type: "range", id: "pen", min: PEN.smallest, max: PEN.largest, value: pen, oninput: () => { box.pen = Number(size.value); } });
  const tools = el(
    "div", { class: "row tools" }, button("Undo", () => box.undo(), { id: "undo" }), button("Clear", () => box.clear(), { id: "clear" }),
    el("label", { class: "field" }, "pen", size), acceptPictures(holder, box, (words) => { note.textContent = words; }),
  );
  const examples = el("div", { class: "examples" }, exampleButtons(model, box));
  section.append(
    help(PREPARATIONS[preparation].help),
    el(
      "div", { class: "grid draw-grid" },
      el("div", { class: "card" }, holder, tools, note, el("p", { class: "caption", style: "margin-top: 0.7rem; text-align: center", hidden: !examples.children.length }, "Examples to click on"), examples,
        el("p", { class: "caption", style: "margin-top: 0.7rem" }, "Keys in the box: arrows move the pen (with shift in small steps), space puts it down or lifts it, U takes back, C clears.")),
      el("div", { class: "grid" }, el("div", { class: "card" }, answer.node, bars.node), el("div", { class: "card" }, el("h3", {}, "What the network gets to see"), help(PREPARATIONS[preparation].stageHelp), stages.node)),
    ),
    el("div", { class: "grid two", style: "margin-top: var(--gap)" },
      el("div", { class: "card" }, el("h3", {}, "Activations, live"), help("Every unit is one square: blue above zero, orange below, each layer by its own largest value."), activations.node),
      el("div", { class: "card" }, el("h3", {}, "Nearest training images"), nearHelp, near)),
  );
  followTheme(section);
  box.redraw();
  showFirst(examples, box);
}
