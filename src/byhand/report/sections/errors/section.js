// Regression: predicted values over their targets, and the examples with the largest errors. The
// confusion matrix of a classifier is in `mistakes`.

import { choice, clear, el, help, labelled, number, onResize, svg, whole } from "../../page/dom.js";
import { describe, followTheme, picture } from "../../page/pieces.js";
import { ticks } from "../../page/ticks.js";

const HEIGHT = 380;
const MARGIN = { left: 64, right: 14, top: 14, bottom: 40 };
const WORST = 12;

/** One output: a point for each example in the page. */
class Scatter {
  constructor(model) {
    Object.assign(this, { model, output: 0 });
    this.holder = el("div", { class: "scatter" });
    onResize(this.holder, (width) => { this.width = width; this.draw(); });
    model.example.watch(() => this.mark());
  }

  draw() {
    const { pictures, example } = this.model;
    const pairs = Array.from({ length: pictures.carried }, (_, i) => [pictures.target(i)[this.output], pictures.given(i)[this.output]]);
    const [low, high] = [Math.min(...pairs.flat()), Math.max(...pairs.flat())];
    const span = high - low || 1;
    const x = (value) => MARGIN.left + ((value - low) / span) * (this.width - MARGIN.left - MARGIN.right);
    const y = (value) => HEIGHT - MARGIN.bottom - ((value - low) / span) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    this.points = pairs.map(([target, given], i) => svg("circle", { cx: x(target), cy: y(given), r: 3.5, onclick: () => example.set(pictures.about(i)) }));
    clear(this.holder, svg(
      "svg", { width: this.width, height: HEIGHT, viewBox: `0 0 ${this.width} ${HEIGHT}`, role: "img", "aria-label": "predicted values over targets" },
      ticks(low, high).map((value) => [
        svg("text", { x: MARGIN.left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, 3)),
        svg("text", { x: x(value), y: HEIGHT - 20, "text-anchor": "middle" }, number(value, 3)),
      ]),
      svg("line", { class: "equal", x1: x(low), y1: y(low), x2: x(high), y2: y(high) }),
      this.points,
      svg("text", { x: this.width / 2, y: HEIGHT - 2, "text-anchor": "middle" }, "target"),
      svg("text", { x: -HEIGHT / 2, y: 12, "text-anchor": "middle", transform: "rotate(-90)" }, "predicted"),
    ));
    this.mark();
  }

  mark() {
    this.points?.forEach((point, i) => point.classList.toggle("chosen-point", i === this.model.example.value.place));
  }
}

/** The examples with the largest errors; a click chooses one. */
function worst({ pictures, example, network }) {
  const thumb = (i) => {
    const about = pictures.about(i);
    return el("button", { type: "button", class: "thumb", title: about.title, onclick: () => example.set(about) }, picture(about.pixels, pictures, about.title), el("span", { class: "wrong" }, describe(about, network, pictures)));
  };
  const error = (i) => Math.max(...Array.from(pictures.target(i), (t, k) => Math.abs(t - pictures.given(i)[k])));
  const order = Array.from({ length: pictures.carried }, (_, i) => i).sort((a, b) => error(b) - error(a));
  return el("div", { class: pictures.isTable ? "thumbs tables" : "thumbs" }, order.slice(0, WORST).map(thumb));
}

export function show(section, model) {
  const { pictures } = model;
  const scatter = new Scatter(model);
  const outputs = pictures.classes.length > 1
    ? labelled("output", choice(pictures.classes.map((name, k) => [String(k), name]), (k) => { scatter.output = Number(k); scatter.draw(); })) : null;
  section.append(
    el("div", { class: "card" }, el("h3", {}, "Predicted over target"), outputs, help(`${whole(pictures.carried)} of ${whole(pictures.total)} ${pictures.evaluated} are in this page.`), scatter.holder),
    el("div", { class: "card", style: "margin-top: var(--gap)" }, el("h3", {}, "The largest errors"), worst(model)),
  );
  followTheme(section);
}
