// How the network learns: rate, rule, batches, and what keeps it from learning by heart.

import { el, percent } from "../../report/page/dom.js";
import { checkField, Fields, nameField, numberField, only, sliderField } from "./fields_of.js";
import { INITIALIZER_TABLE, LOSS_TABLE, OPTIMIZER_TABLE, SCHEDULE_TABLE } from "./tables.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.01, 0.02, 0.03, 0.1, 0.3, 1, 3, 10];
const SMALL = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1];

export class LearningControls {
  constructor(playground) {
    const rate = numberField(playground, "Learning rate", "learning_rate", RATES);
    this.main = new Fields([
      rate,
      nameField(playground, "Optimizer", "optimizer", Object.keys(OPTIMIZER_TABLE)),
      numberField(playground, "Batch size", "batch_size", [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024]),
    ]);
    const isImages = () => Boolean(playground.data.shape);
    this.more = new Fields([
      nameField(playground, "Loss", "loss", ["auto", ...Object.keys(LOSS_TABLE)], { auto: "by the task" }),
      nameField(playground, "Initial weights", "weight_init", Object.keys(INITIALIZER_TABLE)),
      nameField(playground, "Schedule", "schedule", Object.keys(SCHEDULE_TABLE)),
      only(numberField(playground, "over epochs", "epochs", [10, 20, 50, 100, 200, 500, 1000]), ({ schedule }) => schedule !== "constant"),
      numberField(playground, "L2 penalty", "l2", SMALL),
      numberField(playground, "L1 penalty", "l1", SMALL),
      numberField(playground, "Weight decay", "weight_decay", SMALL),
      numberField(playground, "Clip gradient to", "clip_norm", [0, 0.1, 0.3, 1, 3, 10]),
      numberField(playground, "Label smoothing", "label_smoothing", [0, 0.05, 0.1, 0.2]),
      only(sliderField(playground, "Wrong labels", "label_noise", { min: 0, max: 0.5, step: 0.05, words: (v) => percent(v, 0) }), () => playground.data.task === "classes"),
      only(sliderField(playground, "Shift and turn", "augment", { min: 0, max: 1, step: 0.1, words: (v) => percent(v, 0) }), isImages),
      only(checkField(playground, "Classes weigh the same", "balanced"), () => playground.data.task === "classes"),
      numberField(playground, "Seed", "seed", [1, 2, 3, 4, 5, 6, 7, 8]),
    ]);
    this.node = el("section", { class: "card panel", id: "learning" }, el("h2", {}, "Learning"), this.main.node,
      el("details", { class: "more" }, el("summary", {}, "More"), this.more.node));
    this.chosen(playground.setup);
  }

  chosen(setup) {
    this.main.chosen(setup);
    this.more.chosen(setup);
  }

  restarted() {
    this.playground && this.chosen(this.playground.setup);
  }
}
