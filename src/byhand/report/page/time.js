// Time travel: the weights of a few epochs, and the slider that all parts of the page share.

import { button, clear, el, onFrame, percent, Watched, whole } from "./dom.js";

const MIDDLE = 128; // the code of "unchanged"
const PACE = 900; // milliseconds for which each moment is shown

/** The values of an array at a moment: stored exactly, or as a number of steps from the final values. */
function restored(final, { values }, step) {
  return step === null ? values : final.map((value, i) => value + (values[i] - MIDDLE) * step);
}

export class Timeline {
  /** Holds the moments of training that the page carries, in order; one of them is the network itself. */
  constructor({ snapshots, arrays }, network, pictures) {
    Object.assign(this, { network, pictures });
    const final = { epoch: snapshots.final_epoch, final: true, state: pictures.state };
    const before = snapshots.moments.map((moment, m) => ({
      ...moment, final: false, arrays: (name) => arrays[`snapshot${m}_${name}`],
      state: pictures.stateFrom(arrays[`snapshot${m}_predictions`].values, arrays[`snapshot${m}_label_probabilities`].values),
    }));
    this.final = Object.fromEntries(Object.entries(network.parameters).map(([name, values]) => [name, values.slice()]));
    this.moments = [...before, final].sort((a, b) => a.epoch - b.epoch);
    this.home = this.moments.indexOf(final);
    this.at = new Watched(this.home);
    this.show = onFrame(() => this.enter());
  }

  get moment() {
    return this.moments[this.wished ?? this.at.value];
  }

  /** Whether the weights are those of the network itself. */
  get isHome() {
    return this.at.value === this.home;
  }

  /** Requests a moment; the page follows with the next frame. */
  go(k) {
    this.wished = k;
    this.show();
  }

  enter() {
    const { network, moment, final } = this;
    for (const [name, values] of Object.entries(final)) {
      network.parameters[name].set(moment.final ? values : restored(values, moment.arrays(name), moment.steps[name]));
    }
    this.pictures.state = moment.state;
    this.at.set(this.wished);
  }

  /** "epoch 4" or "before training". */
  words({ epoch } = this.moment) {
    return epoch === 0 ? "before training" : `epoch ${whole(epoch)}`;
  }
}

/** The slider over the epochs, below everything that changes with it; null if the page carries only
 * one moment. */
export function epochSlider({ timeline, pictures }) {
  if (!timeline) return null;
  const last = timeline.moments.length - 1;
  const range = el("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "Epoch", oninput: () => { stop(); timeline.go(Number(range.value)); } });
  const words = el("span", { class: "when" });
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Replay";
  };
  const start = () => {
    let k = 0;
    timeline.go(k);
    play.textContent = "■ Stop";
    timer = setInterval(() => {
      k += 1;
      timeline.go(k);
      if (k === last) stop();
    }, PACE);
  };
  const play = button("▶ Replay", () => (timer ? stop() : start()), { title: "Shows the network at each epoch that this page carries, one after another" });
  timeline.at.watch((k) => {
    const moment = timeline.moments[k];
    range.value = k;
    range.setAttribute("aria-valuetext", timeline.words(moment));
    clear(words, el("b", {}, timeline.words(moment)), `${moment.final ? " (kept)" : ""}: ${percent(pictures.accuracy, 2)}`);
  });
  return el("div", { class: "time" }, range, play, words);
}
