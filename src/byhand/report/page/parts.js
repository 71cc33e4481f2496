// Parts that several sections show: a picture, the bars, the chosen example.

import { paintImage, palette } from "./colours.js";
import { button, clear, el, percent } from "./dom.js";

/** A canvas with a picture that follows the theme. */
export function picture(pixels, { shape, peak }, label = "") {
  const canvas = el("canvas", { role: "img", "aria-label": label });
  paintImage(canvas, pixels, shape, peak);
  canvas.repaint = () => paintImage(canvas, pixels, shape, peak);
  return canvas;
}

/** Repaints the pictures of a part of the page when the theme changes. */
export function followTheme(root) {
  palette.watch(() => {
    for (const canvas of root.querySelectorAll("canvas")) canvas.repaint?.();
  });
}

/** The class of a strip of thumbnails, wider where the captions are words. */
export const stripClass = (classes) => (classes.some((name) => name.length > 3) ? "strip wide" : "strip");

/** The class with the largest probability. */
export const most = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** One bar a class; `update(probabilities, label)` moves them. */
export class Bars {
  constructor(classes) {
    this.rows = classes.map((name) => {
      const [fill, figure] = [el("div", { class: "fill" }), el("span", { class: "figure" }, "–")];
      const row = el(
        "div", { class: "bar" }, el("span", { class: "name" }, name),
        el("div", { class: "track" }, fill), figure,
      );
      return { row, fill, figure };
    });
    const named = classes.some((name) => name.length > 2);
    this.node = el("div", { class: `bars${named ? " named" : ""}${classes.length > 12 ? " many" : ""}` }, this.rows.map(({ row }) => row));
  }

  update(probabilities, label = null) {
    const best = probabilities ? most(probabilities) : -1;
    this.rows.forEach(({ row, fill, figure }, k) => {
      const share = probabilities ? probabilities[k] : 0;
      row.classList.toggle("most", k === best);
      row.classList.toggle("truth", k === label);
      fill.style.width = `${100 * Math.min(Math.max(share, 0), 1)}%`;
      figure.textContent = probabilities ? percent(share) : "–";
    });
  }
}

/** What is chosen, in words: "Test image 12: a 7, and the network says 7 (99.8 %)". */
export function describe(example, network, classes) {
  const probabilities = network.predict(example.pixels);
  const guess = most(probabilities);
  const said = `the network says ${classes[guess]} (${percent(probabilities[guess])})`;
  return example.label === null ? said : `label ${classes[example.label]}; ${said}`;
}

/** The strip above a section that names the chosen example and lets one choose another. */
export function chosenStrip({ pictures, network, example, drawing }) {
  const strip = el("div", { class: "card chosen" });
  const step = (by) => {
    const place = example.value.place ?? 0;
    const next = (place + by + pictures.carried) % pictures.carried;
    example.set(pictures.about(next));
  };
  const any = () => example.set(pictures.about(Math.floor(Math.random() * pictures.carried)));
  const own = button("My drawing", () => drawing.value && example.set(drawing.value));
  drawing.watch((value) => { own.disabled = !value; });
  own.disabled = true;
  own.hidden = pictures.shape[0] === 1;
  const shown = el("div", { class: "row" });
  strip.append(shown, el(
    "div", { class: "row" },
    button("← Before", () => step(-1)), button("Next →", () => step(1)), button("Any", any), own,
  ));
  shown.className = "what row";
  example.watch((chosen) => clear(shown, picture(chosen.pixels, pictures, chosen.title), el(
    "div", {}, el("b", {}, chosen.title), el("span", {}, describe(chosen, network, pictures.classes)),
  )));
  followTheme(strip);
  return strip;
}
