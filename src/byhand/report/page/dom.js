// Small helpers: elements, numbers in readable form, and the state of the page.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") node.style.cssText = value; // the page's policy forbids the attribute
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/** An element with attributes (onclick and so on are listeners) and children. */
export const el = (tag, attributes = {}, ...children) => (
  fill(document.createElement(tag), attributes, children)
);

/** The same for the elements of a drawing. */
export const svg = (tag, attributes = {}, ...children) => (
  fill(document.createElementNS(SVG, tag), attributes, children)
);

export const find = (selector, within = document) => within.querySelector(selector);

/** A paragraph of help; the part about keys is hidden on devices without a keyboard. */
export const help = (text, keys = "") => el("p", { class: "help" }, text, keys && el("span", { class: "keys" }, keys));

export const clear = (node, ...children) => {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child != null));
  return node;
};

/** Writes a text, unless it is already there: an unchanged text then costs no layout. The text node is kept. */
export const write = (node, text) => {
  const { firstChild } = node;
  if (firstChild?.nodeType !== Node.TEXT_NODE || firstChild.nextSibling) node.textContent = text;
  else if (firstChild.data !== text) firstChild.data = text;
  return node;
};

/** A label in front of a control. */
export const labelled = (text, control) => el("label", { class: "field" }, el("span", {}, text), control);

export const button = (text, onclick, attributes = {}) => (
  el("button", { type: "button", onclick, ...attributes }, text)
);

export const choice = (options, onchange, attributes = {}) => el(
  "select", { onchange: (event) => onchange(event.target.value), ...attributes },
  options.map(([value, text]) => el("option", { value }, text)),
);

// --- numbers -------------------------------------------------------------------------------------

const MINUS = "−";
const withMinus = (text) => text.replaceAll("-", MINUS);

/** 0.98213 -> "98.2 %"; only exactly 1 is shown as 100 %, and only exactly 0 as 0 %. */
export function percent(fraction, digits = 1) {
  const text = (100 * fraction).toFixed(digits);
  if (fraction < 1 && Number(text) === 100) return `>${(100 - 10 ** -digits).toFixed(digits)}\u202f%`;
  if (fraction > 0 && Number(text) === 0) return `<${(10 ** -digits).toFixed(digits)}\u202f%`;
  return `${withMinus(text)}\u202f%`;
}

/** Puts commas between thousands, before the decimal point. */
const grouped = (text) => text.replace(/\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ","));

/** 12345 -> "12,345". */
export const whole = (n) => withMinus(grouped(Math.round(n).toString()));

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** Any number with about four figures: 0.03125, 1.52 · 10⁻⁷. */
export function number(value, figures = 4) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return withMinus(grouped(String(Number(value.toPrecision(figures)))));
  const [mantissa, power] = value.toExponential(figures - 2).split("e");
  const raised = [...String(Number(power))].map((sign) => SUPERSCRIPT[sign]).join("");
  return `${withMinus(mantissa)}\u00a0·\u00a010${raised}`;
}

/** A number with its sign: +0.12, −3. */
export const signed = (value, digits = 2) => (value > 0 ? "+" : "") + withMinus(value.toFixed(digits));

// --- state ---------------------------------------------------------------------------------------

/** A value that several sections watch. */
export class Watched {
  #watchers = [];

  constructor(value) {
    this.value = value;
  }

  set(value) {
    this.value = value;
    for (const watcher of this.#watchers) watcher(value);
  }

  watch(watcher) {
    this.#watchers.push(watcher);
    if (this.value !== undefined) watcher(this.value);
  }
}

/** Returns a function that calls `work` at most once in each frame. */
export function onFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

/** Returns a function that calls `work` with its latest arguments: at once if the last time was at least `pause`
 * milliseconds ago, else as soon as no call has come for that long. */
export function spaced(work) {
  let [last, timer] = [-Infinity, null];
  return (pause, ...latest) => {
    const run = () => {
      last = performance.now();
      work(...latest);
    };
    clearTimeout(timer);
    if (performance.now() - last >= pause) run();
    else timer = setTimeout(run, pause);
  };
}

/** Returns a function that runs `work` while a node is near the screen. A call at another time is made up
 * for when the node comes near, and before printing. */
export function whenNear(node, work, margin = "600px") {
  let [near, due] = [false, false];
  const run = () => {
    if (!near || !due) return;
    due = false;
    work();
  };
  new IntersectionObserver(([entry]) => {
    near = entry.isIntersecting;
    run();
  }, { rootMargin: margin }).observe(node);
  addEventListener("beforeprint", () => {
    near = true;
    run();
  });
  return () => {
    due = true;
    run();
  };
}

/** Calls `redraw` whenever the element's width changes. */
export function onResize(node, redraw) {
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now === width || now === 0) return;
    width = now;
    redraw(now);
  }).observe(node);
}
