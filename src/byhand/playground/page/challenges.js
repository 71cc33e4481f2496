// Twelve small tasks, each with a goal that the page checks and something to learn.

import { button, clear, el } from "../../report/page/dom.js";
import { readLayers } from "./layer_text.js";
import { suited } from "./setup.js";

const parameters = ({ shapes }) => Object.entries(shapes).reduce((sum, [, [a, b = 1]]) => sum + a * b, 0);
const hidden = ({ setup }) => readLayers(setup.layers).reduce((sum, { units = 0 }) => sum + units, 0);
const right = ({ held }) => held.accuracy;
const learnt = ({ curve }) => curve.at(-1).accuracy ?? 0;
const dead = ({ health }) => Math.max(0, ...health.map(({ dead: fraction }) => fraction ?? 0));

/** title, task, what it teaches, the set-up it begins with, and whether a frame meets the goal. */
export const CHALLENGES = [
  { title: "First light", task: "Separate the disc from the ring: 95 % of the held-out points. A single unit is not enough.", teaches: "Hidden units are straight lines; together they bend.",
    setup: { data: "circle", layers: "1 tanh" }, met: (frame) => right(frame) >= 0.95 },
  { title: "No hidden layer", task: "Separate the three clouds without any hidden layer: 95 %.", teaches: "Where straight lines are enough, more layers add nothing.",
    setup: { data: "gaussians", layers: "6 tanh" }, met: (frame) => hidden(frame) === 0 && right(frame) >= 0.95 },
  { title: "Smallest XOR", task: "Solve XOR, 95 %, with 4 hidden units or fewer.", teaches: "A problem that no single line can solve needs units that work together.",
    setup: { data: "xor", layers: "8 tanh" }, met: (frame) => hidden(frame) <= 4 && right(frame) >= 0.95 },
  { title: "Smallest spiral", task: "Separate the spiral, 95 %, with at most 130 parameters.", teaches: "Depth spends parameters better than width.",
    setup: { data: "spiral" }, met: (frame) => parameters(frame) <= 130 && right(frame) >= 0.95 },
  { title: "As fast as possible", task: "Plain SGD on the moons: a learning rate of 1 or more that still reaches 97 %.", teaches: "There is a highest rate; just below it training is fastest.",
    setup: { data: "moons", optimizer: "sgd", learning_rate: 0.01 }, met: (frame) => frame.setup.optimizer === "sgd" && frame.setup.learning_rate >= 1 && right(frame) >= 0.97 },
  { title: "Revive the dead", task: "Many of these units are dead. Reach 95 % with no dead unit.", teaches: "A relu that is 0 for every example has no gradient; leaky relu has one, and smaller steps kill fewer.",
    setup: { data: "circle", layers: "16 relu", weight_init: "he_normal", optimizer: "sgd", learning_rate: 10, batch_size: 4 }, met: (frame) => frame.step > 50 && dead(frame) === 0 && right(frame) >= 0.95 },
  { title: "Learn by heart", task: "Eleven images, with everything that keeps a network from learning them by heart. Make it learn them all the same: 100 % of these, and less than 60 % of the others.", teaches: "What is learnt by heart is not understood: over-fitting. Dropout and penalties stand in its way.",
    setup: { data: "digits", held: 0.994, layers: "32 relu, dropout 0.5", l2: 0.3 }, met: (frame) => learnt(frame) === 1 && frame.epoch > 3 && right(frame) < 0.6 },
  { title: "A bend, not a maze", task: "Noisy moons, few points: reach 80 % on the held-out points, with training at most 5 points better.", teaches: "A penalty or fewer units keep the boundary simple.",
    setup: { data: "moons", noise: 0.12, count: 80, held: 0.5, layers: "48 relu, 48 relu", weight_init: "he_normal", learning_rate: 0.01 }, met: (frame) => frame.epoch > 40 && right(frame) >= 0.8 && learnt(frame) - right(frame) <= 0.05 },
  { title: "Lean digits", task: "Reach 97 % on the held-out digits, with at most 1,500 parameters.", teaches: "Eight by eight pixels do not need thousands of weights.",
    setup: { data: "digits", layers: "32 relu" }, met: (frame) => parameters(frame) <= 1500 && right(frame) >= 0.97 },
  { title: "Liars", task: "Three in ten labels are wrong. Reach 92 % of the true ones, and still have them after epoch 50.", teaches: "A network that cannot learn the lies by heart finds the truth between them.",
    setup: { data: "digits", layers: "128 relu", learning_rate: 0.004, label_noise: 0.3 }, met: (frame) => frame.setup.label_noise >= 0.3 && frame.epoch >= 50 && right(frame) >= 0.92 },
  { title: "Wave rider", task: "Follow the waves with a typical error below 0.08.", teaches: "Any curve is a sum of bends: universal approximation.",
    setup: { data: "waves", layers: "3 tanh" }, met: ({ held, epoch }) => epoch > 2 && Math.sqrt(held.loss) < 0.08 },
  { title: "A seven with a bar", task: "Teach it your 1 and 7. Then draw a 7, with a bar or in any other way, that it mistakes for a 1, and keep it as a 7. Go on until all are correct.", teaches: "A network knows what it was shown. Show it what it fails on.",
    setup: { data: "own" }, names: "1 7", met: (frame, data, { fooled }) => fooled.includes("7") && data.classes.includes("1") && data.y.length >= 6 && frame.epoch > 20 && right(frame) === 1 },
];

export class Challenges {
  constructor(playground) {
    Object.assign(this, { playground, chosenOne: null, done: new Set() });
    this.list = el("div", { class: "challenge-list" });
    this.now = el("div", { class: "challenge", "aria-live": "polite", hidden: true });
    this.count = el("span", { class: "caption" });
    this.node = el("section", { class: "card panel", id: "challenges" }, el("div", { class: "row head" }, el("h2", {}, "Challenges"), this.count), this.list, this.now);
    this.refresh();
    playground.frames.watch((frame) => this.check(frame));
  }

  /** Other data end a challenge. */
  chosen({ data }) {
    if (this.chosenOne === null || CHALLENGES[this.chosenOne].setup.data === data) return;
    this.chosenOne = null;
    this.playground.panels.result.task.hidden = true;
    this.refresh();
  }

  take(i) {
    this.chosenOne = i;
    const { setup, names } = CHALLENGES[i];
    const { playground } = this;
    playground.pause();
    playground.setup = { ...suited(setup.data), ...setup };
    playground.share();
    playground.restart();
    playground.told();
    if (names) {
      playground.panels.handwriting.names_.value = names;
      playground.panels.handwriting.rename();
    }
    this.refresh();
    scrollTo({ top: 0, behavior: "smooth" });
  }

  check(frame) {
    const { chosenOne: i, playground } = this;
    if (i === null || this.done.has(i) || frame.setup.data !== CHALLENGES[i].setup.data || !frame.step) return;
    if (!CHALLENGES[i].met(frame, playground.data, playground.panels.handwriting)) return;
    this.done.add(i);
    this.refresh();
  }

  refresh() {
    this.count.textContent = this.done.size ? `${this.done.size} of ${CHALLENGES.length} done` : "Small tasks, each with something to learn.";
    clear(this.list, CHALLENGES.map(({ title }, i) => button([this.done.has(i) ? "✓ " : `${i + 1} `, title], () => this.take(i), { class: `small${this.done.has(i) ? " done" : ""}`, "aria-pressed": String(i === this.chosenOne) })));
    const one = CHALLENGES[this.chosenOne];
    this.now.hidden = !one;
    if (!one) return;
    const isDone = this.done.has(this.chosenOne);
    this.now.classList.toggle("won", isDone);
    clear(this.now, el("b", {}, isDone ? "✓ Done: " : "", one.title), el("p", {}, one.task), isDone ? el("p", { class: "teaches" }, one.teaches) : null);
    this.playground.panels?.result?.showTask(one, isDone);
  }
}

