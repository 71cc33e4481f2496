// Learning curves; the pointer or the arrow keys read their values.

import { clear, el, help, number, onResize, percent, svg, Watched, whole } from "../../page/dom.js";
import { ticks } from "../../page/ticks.js";

const HEIGHT = 240;
const MARGIN = { left: 64, right: 14, top: 14, bottom: 34 };

/** The panels: their columns, with colour, dash and the format of a value. */
const PANELS = [
  {
    title: "Loss", unit: number,
    help: "How far the predictions are from the labels; lower is better. A gap between the two lines is over-fitting.",
    lines: [["loss", "training", "--positive"], ["val_loss", "validation", "--negative"]],
  },
  {
    title: "Accuracy", unit: (value) => percent(value, 2),
    help: "The fraction of correct predictions; higher is better.",
    lines: [["accuracy", "training", "--positive"], ["val_accuracy", "validation", "--negative"]],
  },
  {
    title: "Learning rate", unit: number,
    help: "How far a step moves along the gradient, by epoch.",
    lines: [["learning_rate", "learning rate", "--positive"]],
  },
  {
    title: "Time", unit: (value) => `${number(value, 3)} s`,
    help: "Seconds each epoch took.",
    lines: [["seconds", "seconds", "--positive"]],
  },
];

const finite = (values) => values.filter((value) => Number.isFinite(value));

/** The smallest of 1, 2, 5, 10, 20, ... that is not below a value. */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
}

function range(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
}

class Chart {
  constructor({ panel, lines, epochs, cursor, best }) {
    Object.assign(this, { panel, lines, epochs, cursor, best });
    this.legend = el("div", { class: "legend", "aria-live": "polite" });
    this.holder = el("div", {
      class: "chart", tabindex: "0", role: "group",
      "aria-label": `${panel.title} by epoch; left and right arrow keys read the values`,
      onpointermove: (event) => this.point(event), onpointerdown: (event) => this.point(event),
      onpointerleave: () => cursor.set(null), onkeydown: (event) => this.key(event),
    });
    this.at = this.best ?? epochs - 1;
    this.card = el("div", { class: "card" }, el("h3", {}, panel.title), help(panel.help), this.legend, this.holder);
    onResize(this.holder, (width) => this.draw(width));
    cursor.watch((epoch) => this.show(epoch ?? this.best ?? epochs - 1));
  }

  draw(width) {
    this.width = width;
    const shown = finite(this.lines.flatMap(({ values }) => values));
    const [low, high] = range(shown);
    const inner = HEIGHT - MARGIN.top - MARGIN.bottom;
    this.x = (epoch) => MARGIN.left
      + (epoch / Math.max(this.epochs - 1, 1)) * (width - MARGIN.left - MARGIN.right);
    this.y = (value) => MARGIN.top + inner * (1 - (value - low) / (high - low));
    this.rule = svg("g");
    clear(this.holder, svg(
      "svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
      this.horizontal(ticks(low, high, shown)), this.vertical(), this.lines.map((line) => this.path(line)),
      this.rule,
    ));
    this.show(this.at);
  }

  horizontal(values) {
    return values.map((value) => svg(
      "g", {},
      svg("line", { class: "axis", x1: MARGIN.left, x2: this.width - MARGIN.right, y1: this.y(value), y2: this.y(value) }),
      svg("text", { x: MARGIN.left - 8, y: this.y(value) + 4, "text-anchor": "end" }, this.short(value)),
    ));
  }

  short(value) {
    return this.panel.title === "Accuracy" ? `${Number((100 * value).toPrecision(4))}\u202f%` : number(value, 3);
  }

  vertical() {
    const most = Math.max(2, Math.floor(this.width / 80));
    const step = roundStep(this.epochs / most);
    const later = Array.from({ length: Math.floor(this.epochs / step) }, (_, i) => (i + 1) * step);
    const shown = [1, ...later.filter((epoch) => epoch > 1 && (step === 1 || epoch > step / 2))];
    return shown.map((epoch) => svg(
      "text", { x: this.x(epoch - 1), y: HEIGHT - 10, "text-anchor": "middle" },
      epoch === 1 ? "epoch 1" : whole(epoch),
    ));
  }

  path({ values, colour, dashed }) {
    const points = values.map((value, e) => [this.x(e), this.y(value)])
      .filter(([, y]) => Number.isFinite(y));
    if (points.length === 1) {
      return svg("circle", { cx: points[0][0], cy: points[0][1], r: 4, fill: `var(${colour})` });
    }
    const line = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    return svg("path", { class: dashed ? "line dashed" : "line", d: line, stroke: `var(${colour})` });
  }

  point(event) {
    const left = this.holder.getBoundingClientRect().left;
    const fraction = (event.clientX - left - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right);
    this.cursor.set(this.inside(Math.round(fraction * (this.epochs - 1))));
  }

  key(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -this.epochs, End: this.epochs }[event.key];
    if (!move) return;
    event.preventDefault();
    this.cursor.set(this.inside(this.at + move));
  }

  inside(epoch) {
    return Math.min(Math.max(epoch, 0), this.epochs - 1);
  }

  show(epoch) {
    this.at = this.inside(epoch);
    const mark = this.at === this.best ? ", the best" : "";
    clear(
      this.legend, el("b", {}, `Epoch ${whole(this.at + 1)}${mark}`),
      this.lines.map(({ label, colour, dashed, values }) => el(
        "span", {}, el("i", { style: `border-color: var(${colour}); border-top-style: ${dashed ? "dashed" : "solid"}` }), `${label} `,
        el("b", {}, this.read(values[this.at])),
      )),
    );
    if (this.rule) this.drawRule();
  }

  read(value) {
    return Number.isFinite(value) ? this.panel.unit(value) : "–";
  }

  drawRule() {
    const x = this.x(this.at);
    const dots = this.lines.filter(({ values }) => Number.isFinite(values[this.at]));
    clear(
      this.rule,
      svg("line", { class: "rule", x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }),
      dots.map(({ values, colour }) => svg("circle", {
        cx: x, cy: this.y(values[this.at]), r: 4, fill: `var(${colour})`,
      })),
    );
  }
}

/** The lines of a panel: solid for the run, dashed for its rival. */
function linesOf({ lines }, { history, rival, names }) {
  const own = lines.map(([column, label, colour]) => ({
    label: rival ? `${names[0]} ${label}` : label, colour, values: history[column] ?? [],
  }));
  const others = lines.map(([column, label, colour]) => ({
    label: `${names[1]} ${label}`, colour, dashed: true, values: rival?.[column] ?? [],
  }));
  return [...own, ...others].filter(({ values }) => finite(values).length);
}

const lengthOf = (columns) => Math.max(0, ...Object.values(columns ?? {}).filter(Array.isArray).map((c) => c.length));

export function show(section, model, content) {
  const epochs = Math.max(lengthOf(content.history), lengthOf(content.rival));
  if (!epochs) {
    section.append(el("p", { class: "card" }, "This run has no history."));
    return;
  }
  const cursor = new Watched(null); // the epoch under the pointer, in all panels
  const charts = PANELS.map((panel) => ({ panel, lines: linesOf(panel, content) }))
    .filter(({ lines }) => lines.length)
    .map(({ panel, lines }) => new Chart({ panel, lines, epochs, cursor, best: content.rival ? null : content.history.best }));
  section.append(
    content.rival ? help(`Solid lines belong to ${content.names[0]}, dashed lines to ${content.names[1]}.`) : "",
    el("div", { class: "grid two" }, charts.map((chart) => chart.card)),
  );
}
