// The pictures that travel in the page: test images with what is known of them, worst first.

const row = (values, size, i) => values.subarray(i * size, (i + 1) * size);

export class Pictures {
  constructor({ data, arrays }) {
    this.shape = data.shape;
    this.size = data.shape[0] * data.shape[1];
    this.peak = data.peak;
    this.classes = data.classes;
    this.labels = arrays.labels.values;
    this.guesses = arrays.guesses.values;
    this.numbers = arrays.image_numbers.values;
    this.places = new Map(Array.from(this.numbers, (number, i) => [number, i]));
    this.images = arrays.images.values;
    this.sureness = arrays.sureness.values;
    this.truths = arrays.truths.values;
    this.train = arrays.train_images.values;
    this.trainLabels = arrays.train_labels.values;
  }

  /** How many test images the page carries, and how many there are. */
  get carried() {
    return this.numbers.length;
  }

  get total() {
    return this.labels.length;
  }

  pixels(i) {
    return row(this.images, this.size, i);
  }

  trainPixels(i) {
    return row(this.train, this.size, i);
  }

  /** Everything about the i-th image carried. */
  about(i) {
    const number = this.numbers[i];
    return {
      place: i,
      number,
      pixels: this.pixels(i),
      label: this.labels[number],
      guess: this.guesses[number],
      sure: this.sureness[i],
      truth: this.truths[i],
      title: `Test image ${number}`,
    };
  }

  /** The images with a label and a prediction (null: any), those most against their label first. */
  search({ label = null, guess = null, mistakes = false }) {
    const found = [];
    for (let i = 0; i < this.carried; i++) {
      const number = this.numbers[i];
      const fits = (label === null || this.labels[number] === label)
        && (guess === null || this.guesses[number] === guess)
        && (!mistakes || this.labels[number] !== this.guesses[number]);
      if (fits) found.push(i);
    }
    return found.sort((a, b) => this.truths[a] - this.truths[b]);
  }

  /** How many there are in the whole test set, carried or not. */
  count({ label = null, guess = null, mistakes = false }) {
    let count = 0;
    for (let n = 0; n < this.total; n++) {
      count += (label === null || this.labels[n] === label)
        && (guess === null || this.guesses[n] === guess)
        && (!mistakes || this.labels[n] !== this.guesses[n]);
    }
    return count;
  }

  /** The training images nearest to pixels, by the distance between pixels of 0 .. 1. */
  nearest(pixels, count) {
    const distances = [];
    for (let i = 0; i < this.trainLabels.length; i++) {
      let total = 0;
      for (let p = 0, at = i * this.size; p < this.size; p++, at++) {
        const gap = pixels[p] - this.train[at];
        total += gap * gap;
      }
      distances.push([Math.sqrt(total) / this.peak, i]);
    }
    distances.sort(([a], [b]) => a - b);
    return distances.slice(0, count).map(([distance, i]) => ({
      distance, label: this.trainLabels[i], pixels: this.trainPixels(i),
    }));
  }
}
