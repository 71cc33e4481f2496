// For a projector: large type; and, by the address, only the panels that a lesson needs.
//
// `#...&present=1` gives large type, `#...&show=network,result` shows those panels alone.

import { button } from "../../report/page/dom.js";

const PANELS = ["data", "network", "learning", "result", "handwriting", "challenges", "curves", "health", "step", "take"];

export class Presenting {
  constructor(hash, changed) {
    this.button = button("Present", () => {
      this.present = !this.present;
      this.apply();
      changed();
    }, { class: "small", title: "Large type, for a projector" });
    this.read(hash);
  }

  read(hash) {
    const asked = new URLSearchParams(hash.replace(/^#/, ""));
    this.present = asked.get("present") === "1";
    this.show = (asked.get("show") ?? "").split(",").filter((name) => PANELS.includes(name));
    this.apply();
  }

  apply() {
    const root = document.documentElement;
    root.dataset.present = this.present ? "yes" : "no";
    root.dataset.framed = window === top ? "no" : "yes"; // inside a page of somebody else
    root.dataset.show = this.show.length ? "some" : "all";
    this.button.setAttribute("aria-pressed", String(this.present));
    for (const name of PANELS) document.getElementById(name)?.classList.toggle("put-away", !this.shows(name));
  }

  shows(name) {
    return !this.show.length || this.show.includes(name);
  }

  /** Its part of the address. */
  get address() {
    return `${this.present ? "&present=1" : ""}${this.show.length ? `&show=${this.show.join(",")}` : ""}`;
  }
}
