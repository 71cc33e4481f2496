// The bar under it all: play, step, and a time line to go back along.

import { button, choice, clear, el, whole } from "../../report/page/dom.js";

const icon = (path) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  node.append(shape);
  return node;
};

const PLAY = "M7 4.5v15l12-7.5z";
const PAUSE = "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z";
const STEP = "M6 5v14l9-7zM16.5 5H19v14h-2.5z";
const EPOCH = "M4 5v14l7-7zM11 5v14l7-7zM18.5 5H21v14h-2.5z";
const AGAIN = "M12 5V1.8L6.8 6.5 12 11.2V8a5.2 5.2 0 1 1-5.2 5.2H4A8 8 0 1 0 12 5z";

export class Transport {
  constructor(playground) {
    this.playground = playground;
    const act = (text, path, work, extra = {}) => button(icon(path), work, { "aria-label": text, title: text, ...extra });
    this.playButton = act("Train", PLAY, () => playground.toggle(), { id: "play", class: "strong play", "aria-pressed": "false" });
    this.time = el("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Moment of training", oninput: () => this.visit() });
    this.when = el("span", { class: "when", "aria-live": "off" }, "not trained yet");
    this.speed = choice([["slow", "slow motion"], ["film", "film"], ["full", "full speed"]], (speed) => {
      playground.setup = { ...playground.setup, speed };
      playground.share();
      if (playground.playing) { playground.pause(); playground.play(); }
    }, { "aria-label": "Speed", class: "speed" });
    this.node = el("div", { class: "transport-inner" },
      act("Start again", AGAIN, () => playground.restart(), { class: "round" }), this.playButton,
      act("One step", STEP, () => playground.send("advance", { steps: 1 }), { class: "round" }),
      act("One epoch", EPOCH, () => playground.send("advance", { epoch: true }), { class: "round" }),
      el("div", { class: "reel" }, this.time, this.when), this.speed);
    playground.frames.watch((frame) => this.show(frame));
    this.chosen(playground.setup);
  }

  chosen({ speed }) {
    this.speed.value = speed;
  }

  visit() {
    this.playground.send("visit", { step: Number(this.time.value) });
  }

  restarted() {
    this.time.max = this.time.value = 0;
    this.when.textContent = "not trained yet";
  }

  showPlaying(playing) {
    this.playButton.replaceChildren(icon(playing ? PAUSE : PLAY));
    this.playButton.setAttribute("aria-pressed", String(playing));
    this.playButton.setAttribute("aria-label", playing ? "Pause" : "Train");
    this.playButton.title = playing ? "Pause (space)" : "Train (space)";
    document.documentElement.dataset.playing = playing ? "yes" : "no";
  }

  show({ step, epoch, film }) {
    this.time.max = Math.max(film.last, step);
    if (document.activeElement !== this.time || this.playground.playing) this.time.value = step;
    if (step === 0 && film.last === 0) this.when.textContent = "Press play";
    else clear(this.when, `epoch ${whole(epoch)}`, el("span", { class: "step" }, ` · step ${whole(step)}${step < film.last ? ` of ${whole(film.last)}` : ""}`));
  }
}
