// How well each layer learns: gradients, the size of steps, dead units, and what to do about them.

import { button, clear, el, number, percent } from "../../report/page/dom.js";
import { findings } from "./findings.js";

export class HealthPanel {
  constructor(playground) {
    this.playground = playground;
    this.body = el("tbody");
    this.list = el("div", { class: "findings", "aria-live": "polite" });
    const head = ["layer", "|gradient|", "step / weights", "dead units"].map((text, i) => el("th", { scope: "col", class: i ? "n" : "" }, text));
    this.node = el("section", { class: "card panel", id: "health" }, el("h2", {}, "Health"), this.list,
      el("div", { class: "scroll" }, el("table", { class: "plain" }, el("thead", {}, el("tr", {}, head)), this.body)),
      el("p", { class: "caption" }, "A step that is about a thousandth of the weights is usual: much less learns slowly, much more is rough."));
    playground.frames.watch((frame) => this.show(frame));
  }

  show(frame) {
    clear(this.body, frame.health.map(({ name, shape, fn, gradient, ratio, dead }) => el("tr", {},
      el("th", { scope: "row" }, `${name} `, el("span", { class: "caption" }, `${shape.join(" × ")} ${fn}`)),
      el("td", { class: "n" }, gradient ? number(gradient, 2) : "–"), el("td", { class: "n" }, ratio ? number(ratio, 2) : "–"),
      el("td", { class: "n" }, dead === null ? "" : percent(dead, 0)))));
    const found = findings(frame, this.playground.data);
    const key = JSON.stringify(found.map(({ name }) => name));
    if (key === this.key) return;
    this.key = key;
    clear(this.list, found.map(({ title, words, advice, changes }) => el("div", { class: "finding" }, el("div", {}, el("b", {}, title), " ", words),
      changes ? button(advice, () => this.playground.choose(changes), { class: "small strong" }) : null)));
  }
}
