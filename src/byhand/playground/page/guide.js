// What to do next, for those who see the page for the first time: press play, then try other data.

import { button, clear, el } from "../../report/page/dom.js";
import { isGraph, isPlane } from "./setup.js";

const GOOD = { accuracy: 0.95, error: 0.1 }; // of held-out examples, from where something has been learnt

/** What the network is about to learn, as a question. */
function question({ data }) {
  if (isPlane(data)) return "Can a network learn where one colour ends and the next begins?";
  if (isGraph(data)) return "Can a network learn to follow these points?";
  return "Can a network learn to tell these apart?";
}

/** What comes after this data. */
const NEXT = [["spiral", "The spiral"], ["digits", "Digits"], ["own", "Your own handwriting"]];

export class Guide {
  constructor(playground) {
    Object.assign(this, { playground, key: "", hasLearnt: false });
    this.node = el("div", { class: "guide", hidden: true });
    playground.frames.watch((frame) => this.show(frame));
  }

  restarted() {
    this.hasLearnt = false;
    this.put(""); // until the next frame: without data none comes
  }

  show({ step, held, setup, playing }) {
    const { data, panels } = this.playground;
    if (!data.n || panels.challenges.chosenOne !== null) return this.put("");
    const isGood = data.task === "classes" ? held.accuracy >= GOOD.accuracy : Math.sqrt(held.loss) < GOOD.error;
    this.hasLearnt ||= step > 0 && isGood;
    const stage = this.hasLearnt ? "learnt" : step > 0 || playing ? "learning" : "start";
    return this.put(setup.data === "own" ? "" : stage, setup, playing);
  }

  put(stage, setup, playing) {
    const key = stage && JSON.stringify([stage, setup.data, stage === "learning" && playing]);
    if (key === this.key) return;
    this.key = key;
    const hadFocus = this.node.contains(document.activeElement);
    this.node.hidden = !stage;
    if (stage === "start") {
      clear(this.node, el("p", {}, question(setup)), button("▶ Train it", () => this.playground.play(), { class: "strong" }));
    } else if (stage === "learning") {
      clear(this.node, el("p", {}, "Each step changes the weights a little, against the error."), button(playing ? "Pause" : "▶ Go on", () => this.playground.toggle(), { class: "small" }));
    } else if (stage === "learnt") {
      const next = NEXT.filter(([name]) => name !== setup.data && this.playground.known.includes(name));
      clear(this.node, el("p", {}, el("b", {}, "✓ Learnt. "), "Next:"), el("div", { class: "row" }, next.map((one) => this.way(...one))));
    }
    if (hadFocus) this.node.querySelector("button, a")?.focus({ preventScroll: true }); // its button was replaced
  }

  /** The way to other data; where the sheet of a handwriting is not shown, to the whole page. */
  way(name, title) {
    const { presenting } = this.playground;
    if (name === "own" && !presenting.shows("handwriting")) return el("a", { href: `${location.href.split("#")[0]}#data=own`, target: "_blank", rel: "noopener" }, title);
    return button(title, () => this.playground.chooseData(name), { class: "small" });
  }
}
