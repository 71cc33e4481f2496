// Many buttons as one stop of the Tab key: arrows move among them, Home and End to the ends.

/** Makes the buttons inside a node one stop; `columns` of them stand side by side. Call it again when
 * they are others. */
export function makeOneStop(node, columns = 1) {
  const items = [...node.querySelectorAll("button")];
  let at = 0;
  items.forEach((item, i) => { item.tabIndex = i ? -1 : 0; });
  const ways = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -Infinity, End: Infinity };
  const go = (to) => {
    items[at].tabIndex = -1;
    at = to;
    items[at].tabIndex = 0;
  };
  items.forEach((item, i) => item.addEventListener("focus", () => go(i)));
  node.onkeydown = (event) => {
    if (!(event.key in ways) || !items.length) return;
    event.preventDefault();
    const to = at + ways[event.key];
    items[Number.isFinite(to) ? (to >= 0 && to < items.length ? to : at) : to < 0 ? 0 : items.length - 1].focus();
  };
}
