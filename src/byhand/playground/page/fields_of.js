// Controls of the set-up: a field shows a value and changes it.

import { choice, el, number } from "../../report/page/dom.js";
import { readSettings, SETTINGS, writeSettings } from "./settings.js";

/** A choice among names; `also` is what changes with it. */
export function nameField(playground, label, key, names, titles = {}, also = {}) {
  const select = choice(names.map((name) => [name, titles[name] ?? words(name)]), (value) => playground.choose({ [key]: value, ...also }), { "data-key": key });
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

/** The settings of a named choice, such as those of an optimizer: a field for each that it has. */
export function settingFields(playground, key, table, names) {
  const text = `${key}_settings`;
  const defaultsOf = (setup) => table[setup[key]]?.settings ?? {};
  const all = [...new Set(Object.values(table).flatMap(({ settings }) => Object.keys(settings)))].filter((name) => name in SETTINGS);
  return all.map((name) => {
    const { title, offers } = SETTINGS[name];
    const select = el("select", { "data-key": `${key}.${name}`, onchange: () => {
      const defaults = defaultsOf(playground.setup);
      const value = offers ? Number(select.value) : select.value;
      playground.choose({ [text]: writeSettings({ ...readSettings(playground.setup[text], defaults), [name]: value }, defaults) });
    } });
    const show = (setup) => {
      const value = readSettings(setup[text], defaultsOf(setup))[name];
      const values = offers ? [...new Set([...offers, value])].sort((a, b) => a - b) : names;
      select.replaceChildren(...values.map((one) => el("option", { value: one }, offers ? number(one) : words(one))));
      select.value = String(value);
    };
    const field = { key: name, node: el("label", { class: "control" }, el("span", {}, title), select), show };
    return only(field, (setup) => name in defaultsOf(setup));
  });
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

const words = (name) => name.replaceAll("_", " ");

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
      field.node.hidden = field.when ? !field.when(setup) : false;
      if (!field.node.hidden) field.show(setup);
    }
  }
}

/** The same field, shown only where it means something. */
export const only = (field, when) => Object.assign(field, { when });
