// The drawing box with the network's prediction, which follows every move of the pen.

import { Box, SIDE } from "./box.js";
import { paintImage, paintSigned, squared, thinnedOut } from "./colours.js";
import { clear, el, help, number, percent, svg, write } from "./dom.js";
import { boxTools, firstPen, Hint, prepared } from "./drawing.js";
import { showFields } from "./fields.js";
import { followTheme, most, picture } from "./pieces.js";
import { prepare, PREPARATIONS } from "./prepare.js";
import { keepOwn, Reply } from "./reply.js";
import { DIGITS, HOUSE, UCI_DIGITS } from "./example_drawings.js";
import { epochSlider } from "./time.js";

const EXAMPLES = 12; // buttons, at most
const STAGE = 100; // pixels of a stage, at most
const FINE = 100; // pixels of a stage from which they are not shown one by one
const TRIED = 20; // images of a class that are tried as its example, at most

// --- the examples --------------------------------------------------------------------------------

/** A small picture of strokes for their button. */
function thumbnail(strokes, label, onclick) {
  const line = (points) => svg("polyline", { points: points.map((point) => point.join()).join(" ") });
  return el("button", { type: "button", onclick, "aria-label": label, title: label }, svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, strokes.map(line)));
}

/** For classes that are not digits, an image of each as an example: the most confident one that is
 * still predicted correctly, and not unusual, after the box has prepared it. */
function imageExamples(model, box) {
  const { pictures, header } = model;
  const { preparation } = header.data;
  const laid = (place) => enlarge(pictures.pixels(place), pictures, preparation.ink === "dark");
  const fits = (place) => {
    const { pixels } = prepare(preparation, laid(place), { peak: pictures.peak });
    if (!pixels || pictures.nearest(pixels, 1)[0].distance > header.unusual.distance) return false;
    return most(model.network.predict(pixels)) === pictures.about(place).label;
  };
  const best = (k) => pictures.search({ label: k, predicted: k }).reverse().slice(0, TRIED).find(fits);
  return pictures.classes.slice(0, EXAMPLES).map((_, k) => best(k)).filter((place) => place !== undefined).map((place) => {
    const about = pictures.about(place);
    const label = `example: ${pictures.classes[about.label]}`;
    return el("button", { type: "button", "aria-label": label, title: label, onclick: () => box.lay(laid(place)) }, picture(about.pixels, pictures, label));
  });
}

/** The pixels of an image as ink in the box, each pixel a square. */
function enlarge(pixels, { shape: [height, width], peak }, isDark) {
  const cell = SIDE / Math.max(height, width);
  const [left, top] = [(SIDE - width * cell) / 2, (SIDE - height * cell) / 2];
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [Math.floor((i % SIDE - left) / cell), Math.floor((Math.floor(i / SIDE) - top) / cell)];
    const within = x >= 0 && y >= 0 && x < width && y < height;
    const value = within ? Math.round((255 * pixels[y * width + x]) / peak) : 0;
    return within && isDark ? 255 - value : value;
  });
}

function exampleButtons(model, box) {
  const { pictures, header } = model;
  const digits = pictures.classes.every((name) => name in DIGITS);
  const shapes = header.data.preparation.kind === "digits" ? UCI_DIGITS : DIGITS;
  if (!digits) return imageExamples(model, box);
  const all = pictures.classes.map((name) => [shapes[name], `example: ${name}`]);
  return [...all, [HOUSE, "example: not a digit"]]
    .map(([strokes, label]) => thumbnail(strokes, label, () => box.draw(strokes)));
}

// --- the stages of preparation -------------------------------------------------------------------

/** The last stage: the inputs of the first layer, blue above zero and orange below. */
function scaledStage({ network, pictures }, A0) {
  const { factor, mean } = network.input;
  const words = factor.length > 1
    ? "each pixel by its own mean and factor"
    : `${mean[0] ? `minus ${number(mean[0], 4)}, ` : ""}times ${number(factor[0], 4)}: what the network works with`;
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
    canvas.repaint = () => (peak ? paintImage(canvas, ...squared(...thinnedOut(pixels, shape, STAGE)), peak) : paintSigned(canvas, pixels, shape));
    canvas.repaint();
    canvas.classList.toggle("fine", Math.max(...shape) >= FINE);
    if (write(head, title) && canvas.getAttribute("aria-label") !== title) canvas.setAttribute("aria-label", title);
    write(text, words);
  }
}

// --- the section ---------------------------------------------------------------------------------

/** The prediction in a corner of the box, where a finger drawing on a phone can see it. */
function inShort(probabilities, classes, doubt) {
  const best = most(probabilities);
  return `${classes[best]}${doubt ? "?" : ""} · ${percent(probabilities[best])}`;
}

/** Whether a stroke passes below the upper right corner, where the prediction stands in short. */
const isCovered = ({ strokes }) => strokes.some(({ points }) => points.some(([x, y]) => x > 0.6 * SIDE && y < 0.17 * SIDE));

/** Draws an example, so that the page shows at once what it does. */
function showFirst(examples, box) {
  const first = examples.children[Math.min(3, examples.children.length - 1)];
  if (!first) return;
  first.click();
  box.markDemo();
}

export function showDrawing(section, model) {
  const { header } = model;
  const { preparation } = header.data;
  section.append(el("h2", {}, preparation ? "Draw" : "Try"));
  if (preparation) showBox(section, model, preparation);
  else showFields(section, model);
  followTheme(section);
}

function showBox(section, model, preparation) {
  const { pictures } = model;
  const way = PREPARATIONS[preparation.kind];
  const reply = new Reply(model, ["Nothing drawn", "Draw in the box, or click an example below it."]);
  const stages = new Stages();
  const hint = new Hint(way.hint);
  const chip = el("div", { class: "chip", "aria-hidden": "true" });
  const note = el("p", { class: "help", role: "status" });
  const keep = keepOwn(model, "Your drawing");
  let pixels = null;
  const changed = () => {
    const done = prepared(box, preparation, pictures.peak);
    pixels = box.empty ? null : done.pixels;
    const { forward, probabilities, doubt } = reply.show(pixels, box.isDown);
    stages.show([...done.stages, scaledStage(model, forward.A0)]);
    hint.show(!pixels, box.demo);
    chip.classList.toggle("doubted", Boolean(doubt));
    chip.classList.toggle("aside", isCovered(box));
    write(chip, probabilities ? inShort(probabilities, pictures.classes, doubt) : "");
  };
  const rested = () => {
    note.textContent = "";
    keep(pixels);
  };
  const box = new Box({ pen: firstPen(preparation), changed, rested });
  const holder = el("div", { class: "box" }, box.canvas, hint.node, chip);
  // accepts files anywhere: a file dropped beside the box would make the browser leave the page
  const tools = boxTools(holder, box, preparation, (words) => { note.textContent = words; });
  const examples = el("div", { class: "examples" }, exampleButtons(model, box));
  section.append(
    help(way.help),
    el(
      "div", { class: "grid draw-grid" },
      el("div", { class: "card" }, holder, tools, epochSlider(model), note, el("p", { class: "caption", style: "margin-top: 0.7rem; text-align: center", hidden: !examples.children.length }, "Examples to click on"), examples,
        el("p", { class: "caption keys", style: "margin-top: 0.7rem" }, "Keys in the box: arrows move the pen (with shift in small steps), space puts it down or lifts it, U undoes, C clears.")),
      el("div", { class: "grid" }, reply.card, el("div", { class: "card" }, el("h3", {}, "What the network sees"), help(way.stageHelp), stages.node)),
    ),
    reply.inside,
  );
  box.redraw();
  showFirst(examples, box);
  model.timeline?.at.watch(() => box.refresh());
}
