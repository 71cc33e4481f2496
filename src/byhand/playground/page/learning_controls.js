// How the network learns: rate, rule, batches, and what keeps it from learning by heart.

import { el, percent } from "../../report/page/dom.js";
import { checkField, Fields, nameField, numberField, only, settingFields, sliderField } from "./fields_of.js";
import { FOLLOWING } from "./setup.js";
import { INITIALIZER_TABLE, LOSS_TABLE, OPTIMIZER_TABLE, SCHEDULE_TABLE } from "./tables.js";

const RATES = [0.0001, 0.0003, 0.001, 0.002, 0.003, 0.004, 0.01, 0.02, 0.03, 0.1, 0.3, 1, 3, 10];
const SMALL = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1];
const LIMITS = [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** The learning rate at any time follows from these. */
const BY_TIME = ["cosine", "one_cycle", "warmup"];

export class LearningControls {
  constructor(playground) {
    const named = (label, key, names, titles) => nameField(playground, label, key, names, titles, { [`${key}_settings`]: "" });
    const classesOnly = (field) => only(field, () => playground.data.task === "classes");
    this.main = new Fields([
      numberField(playground, "Learning rate", "learning_rate", RATES),
      named("Optimizer", "optimizer", Object.keys(OPTIMIZER_TABLE)),
      numberField(playground, "Batch size", "batch_size", [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024]),
    ]);
    this.groups = [
      ["Optimizer", [
        ...settingFields(playground, "optimizer", OPTIMIZER_TABLE),
        numberField(playground, "Average weights, decay", "ema", [0, 0.9, 0.99, 0.999]),
      ]],
      ["Schedule of the learning rate", [
        named("Schedule", "schedule", Object.keys(SCHEDULE_TABLE)),
        ...settingFields(playground, "schedule", SCHEDULE_TABLE, FOLLOWING),
        only(numberField(playground, "over epochs", "epochs", [10, 20, 50, 100, 200, 500, 1000]), ({ schedule }) => BY_TIME.includes(schedule)),
      ]],
      ["Loss", [
        named("Loss", "loss", ["auto", ...Object.keys(LOSS_TABLE)], { auto: "by the task" }),
        ...settingFields(playground, "loss", LOSS_TABLE).filter(({ key }) => key !== "label_smoothing"),
        classesOnly(numberField(playground, "Label smoothing", "label_smoothing", [0, 0.05, 0.1, 0.2])),
        classesOnly(checkField(playground, "Classes weigh the same", "balanced")),
      ]],
      ["Initial values", [
        nameField(playground, "Weights", "weight_init", Object.keys(INITIALIZER_TABLE)),
        nameField(playground, "Biases", "bias_init", Object.keys(INITIALIZER_TABLE).filter((name) => !/he|glorot|lecun/.test(name))),
        numberField(playground, "Seed", "seed", [1, 2, 3, 4, 5, 6, 7, 8]),
      ]],
      ["Penalties and clipping", [
        numberField(playground, "L2 penalty", "l2", SMALL), numberField(playground, "L1 penalty", "l1", SMALL),
        numberField(playground, "Clip length to", "clip_norm", LIMITS), numberField(playground, "Clip values to", "clip_value", LIMITS),
        numberField(playground, "Weights into a unit at most", "max_norm", [0, 0.5, 1, 2, 3, 4]),
      ]],
      ["Examples", [
        classesOnly(sliderField(playground, "Wrong labels", "label_noise", { min: 0, max: 0.5, step: 0.05, words: (v) => percent(v, 0) })),
        numberField(playground, "Mixup, alpha", "mixup", [0, 0.1, 0.2, 0.4, 1]),
        only(sliderField(playground, "Shift and turn", "augment", { min: 0, max: 1, step: 0.1, words: (v) => percent(v, 0) }), () => Boolean(playground.data.shape)),
      ]],
    ].map(([title, fields]) => {
      const group = new Fields(fields);
      return { group, node: el("div", { role: "group", "aria-label": title }, el("h3", {}, title), group.node) };
    });
    this.node = el("section", { class: "card panel", id: "learning" }, el("h2", {}, "Learning"), this.main.node,
      el("details", { class: "more" }, el("summary", {}, "More"), this.groups.map(({ node }) => node)));
    this.chosen(playground.setup);
  }

  chosen(setup) {
    this.main.chosen(setup);
    for (const { group, node } of this.groups) {
      group.chosen(setup);
      node.hidden = group.fields.every((field) => field.node.hidden);
    }
  }
}
