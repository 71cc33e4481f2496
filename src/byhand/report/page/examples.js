// The pictures that travel in the page: test images with what is known of them, worst first.

const row = (values, size, i) => values.subarray(i * size, (i + 1) * size);

export class Pictures {
  constructor({ data, arrays }) {
    this.shape = data.shape;
    this.size = data.shape[0] * data.shape[1];
    this.peak = data.peak;
    this.scale = data.scale;
    this.classes = data.classes;
    this.words = data.words;
    this.columns = data.columns;
    this.labels = arrays.labels.values;
    this.guesses = arrays.predictions.values;
    this.numbers = arrays.image_numbers.values;
    this.places = new Map(Array.from(this.numbers, (number, i) => [number, i]));
    this.images = arrays.images.values;
    this.sureness = arrays.confidence.values;
    this.truths = arrays.label_probabilities.values;
    this.train = arrays.train_images.values;
    this.trainLabels = arrays.train_labels.values;
  }

  /** Whether these are rows of a table. */
  get isTable() {
    return this.columns.length > 0;
  }

  /** What the network is judged on, as in "test images". */
  get judges() {
    return `${this.words.part} ${this.words.many}`;
  }

  /** One of them, as in "Test image". */
  get judge() {
    const text = `${this.words.part} ${this.words.one}`;
    return text[0].toUpperCase() + text.slice(1);
  }

  /** The smallest and largest value of each column among those that the page carries. */
  get ranges() {
    this.known ??= this.columns.map((_, column) => {
      const values = Array.from({ length: this.carried }, (__, i) => this.pixels(i)[column]);
      return [Math.min(...values), Math.max(...values)];
    });
    return this.known;
  }

  /** How many of those that judge the page carries, and how many there are. */
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
      title: `${this.judge} ${number}`,
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

  /** How many there are in all, carried or not. */
  count({ label = null, guess = null, mistakes = false }) {
    let count = 0;
    for (let n = 0; n < this.total; n++) {
      count += (label === null || this.labels[n] === label)
        && (guess === null || this.guesses[n] === guess)
        && (!mistakes || this.labels[n] !== this.guesses[n]);
    }
    return count;
  }

  /** Of the numbers that the page carries, the nearest to one. */
  nearestNumber(number) {
    return this.numbers.reduce((best, one) => (Math.abs(one - number) < Math.abs(best - number) ? one : best));
  }

  /** The training images nearest to pixels, by the distance between pixels of 0 .. 1, of
   * a table between numbers as shares of their column's range. */
  nearest(pixels, count) {
    const distances = [];
    for (let i = 0; i < this.trainLabels.length; i++) {
      let total = 0;
      for (let p = 0, at = i * this.size; p < this.size; p++, at++) {
        const gap = (pixels[p] - this.train[at]) / (this.scale[p] ?? this.scale[0]);
        total += gap * gap;
      }
      distances.push([Math.sqrt(total), i]);
    }
    distances.sort(([a], [b]) => a - b);
    return distances.slice(0, count).map(([distance, i]) => ({
      distance, label: this.trainLabels[i], pixels: this.trainPixels(i),
    }));
  }
}
