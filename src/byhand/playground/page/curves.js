// Loss and accuracy over the epochs, on the training and on the held-out examples.

import { css, palette } from "../../report/page/colours.js";
import { el, number, onResize, percent } from "../../report/page/dom.js";

const HEIGHT = 190;
const PAUSE = 250; // ms between paintings while it trains
const MOST = 300; // points of a line

/** A chart of lines over steps: [{ name, points: [[step, value]], colour, dashed }]. */
function paintChart(canvas, width, lines, { low = null, high = null, words }) {
  const scale = devicePixelRatio || 1;
  const size = { width: Math.round(width * scale), height: Math.round(HEIGHT * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, HEIGHT);
  const all = lines.flatMap(({ points }) => points).filter(([, v]) => Number.isFinite(v));
  const [left, right, top, bottom] = [44, 8, 10, 24];
  const last = Math.max(1, ...all.map(([step]) => step));
  const most = high ?? Math.max(1e-9, ...all.map(([, v]) => v));
  const least = low ?? 0;
  const px = (step) => left + (step / last) * (width - left - right);
  const py = (v) => top + (1 - (v - least) / (most - least || 1)) * (HEIGHT - top - bottom);
  Object.assign(context, { font: "12px system-ui, sans-serif", textAlign: "right", textBaseline: "middle", lineWidth: 1 });
  for (const part of [0, 0.5, 1]) {
    const value = least + part * (most - least);
    context.strokeStyle = css(palette.value.line);
    context.beginPath(); context.moveTo(left, py(value)); context.lineTo(width - right, py(value)); context.stroke();
    context.fillStyle = css(palette.value.muted);
    context.fillText(words(value), left - 6, py(value));
  }
  context.textAlign = "right";
  context.fillText(`step ${last}`, width - right, HEIGHT - 8);
  for (const { points, colour, dashed, pale } of lines) {
    Object.assign(context, { strokeStyle: css(palette.value[colour]), lineWidth: 2, lineJoin: "round", globalAlpha: pale ? 0.4 : 1 });
    context.setLineDash(dashed ? [5, 4] : []);
    context.beginPath();
    points.forEach(([step, v], i) => context[i ? "lineTo" : "moveTo"](px(step), py(Math.min(Math.max(v, least), most))));
    context.stroke();
  }
  context.globalAlpha = 1;
}

const key = (text, className) => el("span", { class: `key ${className}` }, text);

export class Curves {
  constructor(playground) {
    this.playground = playground;
    this.loss = el("canvas", { class: "chart", role: "img", "aria-label": "Loss over the steps" });
    this.accuracy = el("canvas", { class: "chart", role: "img", "aria-label": "Accuracy over the steps" });
    this.branch = key("the other branch", "pale");
    this.accuracyPart = el("div", {}, el("h3", {}, "Accuracy"), this.accuracy);
    this.node = el("section", { class: "card panel", id: "curves" }, el("div", { class: "row head" }, el("h2", {}, "Curves"), el("div", { class: "keys-row" }, key("training", "train"), key("held out", "held"), this.branch)),
      el("div", { class: "grid two charts" }, el("div", {}, el("h3", {}, "Loss"), this.loss), this.accuracyPart));
    playground.frames.watch((frame) => this.show(frame));
    this.width = 300;
    onResize(this.loss, (width) => {
      this.width = width;
      if (playground.latest) this.paint(playground.latest);
    });
  }

  show(frame) {
    const now = performance.now();
    if (frame.playing && now - (this.painted ?? 0) < PAUSE) return;
    this.painted = now;
    this.paint(frame);
  }

  paint({ curve, branch }) {
    const thin = (points) => points.filter((_, i) => i % Math.ceil(points.length / MOST) === 0 || i === points.length - 1);
    const line = (points, name, extra) => ({ points: thin(points).map((point) => [point.step, point[name]]), ...extra });
    const other = branch?.curve ?? [];
    this.branch.hidden = !other.length;
    paintChart(this.loss, this.width, [
      line(other, "loss", { colour: "positive", pale: true }), line(other, "heldLoss", { colour: "negative", dashed: true, pale: true }),
      line(curve, "loss", { colour: "positive" }), line(curve, "heldLoss", { colour: "negative", dashed: true }),
    ], { words: (v) => number(v, 2) });
    this.accuracyPart.hidden = this.playground.data.task !== "classes";
    if (this.accuracyPart.hidden) return;
    const least = Math.max(0, Math.min(1, ...curve.map(({ heldAccuracy }) => heldAccuracy)) - 0.05);
    paintChart(this.accuracy, this.width, [
      line(other, "heldAccuracy", { colour: "negative", dashed: true, pale: true }),
      line(curve.filter(({ accuracy }) => accuracy !== null), "accuracy", { colour: "positive" }), line(curve, "heldAccuracy", { colour: "negative", dashed: true }),
    ], { low: Math.floor(least * 10) / 10, high: 1, words: (v) => percent(v, 0) });
  }
}
