// The film of a training: the states that can be visited, within a budget of memory.
//
// Every step of the last while and every epoch since the start are kept. When they take too much
// memory, single steps go first, from the oldest, then every second epoch.

const BYTES = 4;

const sizeOf = ({ parameters, statistics, optimizer }) => BYTES * (
  parameters.length + statistics.length + Object.values(optimizer).reduce((sum, { length }) => sum + length, 0)
);

export class Film {
  constructor(budget = 96 * 2 ** 20) {
    Object.assign(this, { budget, bytes: 0, states: [] });
  }

  /** Keeps a state, in the order of steps; `isEpoch` where an epoch begins. */
  add(state, isEpoch) {
    if (this.states.at(-1)?.step >= state.step) this.cut(state.step - 1);
    this.states.push({ ...state, isEpoch, curve: undefined });
    this.bytes += sizeOf(state);
    if (this.bytes > this.budget) this.thin();
  }

  thin() {
    const recent = this.states.at(-1).step - 40; // the last steps stay whatever comes
    const keepEvery = (drops) => {
      let budget = this.bytes - 0.75 * this.budget;
      this.states = this.states.filter((state, i) => {
        if (budget <= 0 || i === 0 || state.step > recent || !drops(state, i)) return true;
        budget -= sizeOf(state);
        this.bytes -= sizeOf(state);
        return false;
      });
    };
    keepEvery(({ isEpoch }) => !isEpoch);
    if (this.bytes > this.budget) keepEvery((_, i) => i % 2);
  }

  /** Forgets what comes after a step; returns it, as another branch. */
  cut(step) {
    const after = this.states.filter((state) => state.step > step);
    this.states = this.states.filter((state) => state.step <= step);
    this.bytes -= after.reduce((sum, state) => sum + sizeOf(state), 0);
    return after;
  }

  /** The last state at or before a step. */
  at(step) {
    let [low, high] = [0, this.states.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.states[middle].step <= step) low = middle;
      else high = middle - 1;
    }
    return this.states[low];
  }

  get first() {
    return this.states[0]?.step ?? 0;
  }

  get last() {
    return this.states.at(-1)?.step ?? 0;
  }
}
