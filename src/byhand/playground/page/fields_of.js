// Controls of the set-up: a field shows a value and changes it.

import { choice, el, number } from "../../report/page/dom.js";

/** A choice among names. */
export function nameField(playground, label, key, names, titles = {}) {
  const select = choice(names.map((name) => [name, titles[name] ?? name.replaceAll("_", " ")]), (value) => playground.choose({ [key]: value }), { "data-key": key });
  return { key, node: el("label", { class: "control" }, el("span", {}, label), select), show: (setup) => { select.value = setup[key]; } };
}

/** A choice among numbers, with the present one if it is another. */
export function numberField(playground, label, key, values) {
  const select = el("select", { "data-key": key, onchange: () => playground.choose({ [key]: Number(select.value) }) });
  const show = (setup) => {
    const all = [...new Set([...values, setup[key]])].sort((a, b) => a - b);
    select.replaceChildren(...all.map((value) => el("option", { value }, number(value))));
    select.value = String(setup[key]);
  };
  return { key, node: el("label", { class: "control" }, el("span", {}, label), select), show };
}

/** A slider with its value beside it. */
export function sliderField(playground, label, key, { min, max, step, words = number }) {
  const figure = el("output");
  const input = el("input", {
    type: "range", min, max, step, "data-key": key, "aria-label": label,
    oninput: () => { figure.textContent = words(Number(input.value)); },
    onchange: () => playground.choose({ [key]: Number(input.value) }),
  });
  const show = (setup) => {
    input.value = setup[key];
    figure.textContent = words(setup[key]);
  };
  return { key, node: el("label", { class: "control slider" }, el("span", {}, label, " ", figure), input), show };
}

/** Yes or no. */
export function checkField(playground, label, key) {
  const input = el("input", { type: "checkbox", "data-key": key, onchange: () => playground.choose({ [key]: input.checked }) });
  return { key, node: el("label", { class: "control check" }, input, el("span", {}, label)), show: (setup) => { input.checked = setup[key]; } };
}

/** A group of fields that follow the set-up. */
export class Fields {
  constructor(fields) {
    this.fields = fields;
    this.node = el("div", { class: "controls" }, fields.map(({ node }) => node));
  }

  chosen(setup) {
    for (const field of this.fields) {
      field.show(setup);
      field.node.hidden = field.when ? !field.when(setup) : false;
    }
  }
}

/** The same field, shown only where it means something. */
export const only = (field, when) => Object.assign(field, { when });
