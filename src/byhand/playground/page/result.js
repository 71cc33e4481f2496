// The result: the large picture, and how often the network is right.

import { css, mix, paintImage, paintSigned, palette } from "../../report/page/colours.js";
import { button, clear, el, number, percent } from "../../report/page/dom.js";
import { isSeen } from "../../report/page/layers.js";
import { classColours, classCss, writeRegionColour } from "./class_colours.js";
import { Confusion } from "./confusion.js";
import { GRID, reach } from "./views.js";

const SIDE = 520; // pixels of the large picture, whatever its size on the screen

export class Result {
  constructor(playground) {
    this.playground = playground;
    this.unit = null;
    this.figure = el("b", { class: "figure big" }, "–");
    this.meaning = el("span", { class: "caption" }, "");
    this.learnt = el("span", { class: "caption" }, "");
    this.canvas = el("canvas", { width: SIDE, height: SIDE, class: "plane", role: "img", "aria-label": "Decision region", onpointerdown: (event) => this.click(event) });
    this.under = el("div", { class: "under" });
    this.confusion = new Confusion(playground);
    this.task = el("p", { class: "task", hidden: true, "aria-live": "polite" });
    this.other = el("canvas", { width: GRID, height: GRID, class: "other", role: "img", "aria-label": "The other branch" });
    this.otherPart = el("figure", { class: "other-part", hidden: true }, this.other, el("figcaption", { class: "caption" }, "The other branch at the same step"));
    this.failure = el("p", { class: "notice slim", role: "alert", hidden: true });
    this.busy = el("p", { class: "caption", role: "status", hidden: true });
    this.node = el("section", { class: "card panel result", id: "result" },
      el("div", { class: "headline" }, this.figure, el("div", {}, this.meaning, el("br"), this.learnt)), this.failure, this.busy, this.task, playground.guide.node, this.canvas, this.otherPart, this.under, this.confusion.node);
    playground.frames.watch((frame) => this.show(frame));
    playground.busy.watch((words) => { this.busy.textContent = words; this.busy.hidden = !words; });
    playground.failure.watch((words) => { this.failure.textContent = words; this.failure.hidden = !words; });
    this.restarted(playground.data);
  }

  restarted(data) {
    const { playground } = this;
    this.playground.failure.set("");
    const isImage = !playground.isPlane && !playground.isGraph;
    this.canvas.hidden = isImage;
    this.confusion.node.hidden = !isImage || data.task !== "classes";
    const placing = playground.isPlane ? [el("span", { class: "caption" }, "Click to place points:"),
      ...[0, 1, 2].map((k) => button("●", () => this.pick(k), { class: "dot", "aria-pressed": String(k === (this.kind ?? 0)), "aria-label": `Place ${["orange", "blue", "green"][k]} points`, "data-k": k, style: `color: ${classCss(k)}` })),
      playground.setup.data === "placed" ? button("Clear", () => { playground.placed = []; playground.restart(); }, { class: "small" }) : null] : [];
    clear(this.under, placing);
    if (data.n) return;
    this.figure.textContent = "–";
    this.meaning.textContent = playground.isPlane ? "Place some points of two colours, then press play." : "Draw some examples: the network learns as you go.";
    this.learnt.textContent = "";
    if (playground.isPlane) this.paintEmpty();
    else this.confusion.node.hidden = true;
  }

  pick(k) {
    this.kind = k;
    for (const one of this.under.querySelectorAll(".dot")) one.setAttribute("aria-pressed", String(Number(one.dataset.k) === k));
  }

  /** A click places a point; the first one makes the points the reader's own. */
  click(event) {
    const { playground } = this;
    if (!playground.isPlane) return;
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const [u, v] = [((event.clientX - left) / width) * 2 * reach - reach, reach - ((event.clientY - top) / height) * 2 * reach];
    if (playground.setup.data !== "placed") {
      const { x, y } = playground.data;
      playground.placed = Array.from(y, (k, i) => [x[2 * i], x[2 * i + 1], k]);
      playground.placed.push([u, v, this.kind ?? 0]);
      playground.setup = { ...playground.setup, data: "placed" };
      playground.share();
      playground.told();
    } else playground.placed.push([u, v, this.kind ?? 0]);
    playground.restart();
  }

  /** The task of the challenge that was taken. */
  showTask({ title, task, teaches }, isDone) {
    this.task.hidden = false;
    this.task.classList.toggle("won", isDone);
    clear(this.task, el("b", {}, isDone ? "✓ " : "", title, ". "), isDone ? teaches : task);
  }

  showUnit(at) {
    this.unit = at;
    if (this.playground.latest) this.show(this.playground.latest);
  }

  // --- showing ---

  show({ held, view, curve, branch }) {
    const { data } = this.playground;
    if (!data.n) return;
    const many = data.test.length ? "held-out" : "training";
    if (data.task === "classes") {
      this.figure.textContent = percent(held.accuracy, 1);
      this.meaning.textContent = `of ${data.test.length || data.train.length} ${many} ${data.shape ? "images" : "examples"} correct`;
      const last = curve.at(-1);
      this.learnt.textContent = last.accuracy === null ? "" : `training ${percent(last.accuracy, 1)} · loss ${number(held.loss, 3)}`;
    } else {
      this.figure.textContent = number(Math.sqrt(held.loss), 2);
      this.meaning.textContent = `typical error on ${data.test.length || data.train.length} ${many} examples`;
      this.learnt.textContent = `loss ${number(held.loss, 3)}`;
    }
    this.otherPart.hidden = !branch?.region;
    if (branch?.region) regionPicture({ region: branch.region, outputs: view.outputs }, this.other);
    if (view.kind === "plane") this.paintPlane(view);
    if (view.kind === "graph") this.paintGraph(view);
  }

  paintEmpty() {
    const context = this.canvas.getContext("2d");
    context.fillStyle = css(palette.value.zero);
    context.fillRect(0, 0, SIDE, SIDE);
    Object.assign(context, { fillStyle: css(palette.value.muted), font: "500 22px system-ui, sans-serif", textAlign: "center" });
    context.fillText("Click here to place points", SIDE / 2, SIDE / 2);
  }

  paintPlane(view) {
    const context = this.canvas.getContext("2d");
    this.small ??= new OffscreenCanvas(GRID, GRID);
    const one = this.unit && view.units[this.shownLayer(this.unit.l)]?.[this.unit.j];
    if (one) {
      const canvas = el("canvas");
      paintSigned(canvas, one, [GRID, GRID]);
      this.enlarge(context, canvas);
    } else this.enlarge(context, regionPicture(view, this.small));
    this.paintPoints(context);
  }

  /** The number of layers with a picture before layer l. */
  shownLayer(l) {
    const { layers } = this.playground.latest;
    return layers.slice(0, l).filter(isSeen).length;
  }

  enlarge(context, small) {
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, SIDE, SIDE);
  }

  paintPoints(context) {
    const { data } = this.playground;
    const at = (v) => ((v + reach) / (2 * reach)) * SIDE;
    const paint = (rows, isHeld) => {
      for (const row of rows) {
        context.beginPath();
        context.arc(at(data.x[2 * row]), SIDE - at(data.x[2 * row + 1]), isHeld ? 5 : 4.6, 0, 2 * Math.PI);
        context.fillStyle = classCss(data.y[row]);
        context.strokeStyle = css(isHeld ? palette.value.text : palette.value.card);
        context.lineWidth = isHeld ? 1.6 : 1.2;
        context.fill();
        context.stroke();
      }
    };
    paint(data.train, false);
    paint(data.test, true);
  }

  paintGraph(view) {
    const context = this.canvas.getContext("2d");
    const { data } = this.playground;
    const { card, line, positive, text } = palette.value;
    const [px, py] = [(v) => ((v + reach) / (2 * reach)) * SIDE, (v) => SIDE / 2 - (v / (1.25 * reach)) * (SIDE / 2)];
    context.fillStyle = css(mix(card, line, 0.25));
    context.fillRect(0, 0, SIDE, SIDE);
    Object.assign(context, { strokeStyle: css(line), lineWidth: 1.5 });
    context.beginPath(); context.moveTo(0, SIDE / 2); context.lineTo(SIDE, SIDE / 2); context.moveTo(SIDE / 2, 0); context.lineTo(SIDE / 2, SIDE); context.stroke();
    for (const [rows, held] of [[data.train, false], [data.test, true]]) {
      for (const row of rows) {
        context.beginPath();
        context.arc(px(data.x[row]), py(data.y[row]), 4.2, 0, 2 * Math.PI);
        context.fillStyle = css(mix(card, positive, held ? 0.25 : 0.75));
        context.strokeStyle = css(held ? text : card);
        context.lineWidth = 1;
        context.fill();
        context.stroke();
      }
    }
    Object.assign(context, { strokeStyle: css(palette.value.negative), lineWidth: 4, lineJoin: "round" });
    const shown = (this.unit && view.units[this.shownLayer(this.unit.l)]?.[this.unit.j]) || view.line;
    context.beginPath();
    shown.forEach((v, i) => context[i ? "lineTo" : "moveTo"]((i * SIDE) / (shown.length - 1), py(v)));
    context.stroke();
  }
}

/** The decision region as a small picture, a pixel for each place. */
export function regionPicture({ region, outputs = 0 }, canvas, n = outputs || region.length / (GRID * GRID)) {
  const image = new ImageData(GRID, GRID);
  const colours = classColours();
  const probabilities = new Float32Array(Math.max(n, 2));
  for (let i = 0; i < GRID * GRID; i++) {
    if (n === 1) [probabilities[0], probabilities[1]] = [1 - region[i], region[i]];
    else for (let k = 0; k < n; k++) probabilities[k] = region[i * n + k];
    writeRegionColour(image.data, 4 * i, probabilities, colours, palette.value.card);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
