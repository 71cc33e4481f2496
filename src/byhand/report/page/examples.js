// The examples in the page: test images (or rows of a table) with their labels and predictions.

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
    this.predictions = arrays.predictions.values;
    this.numbers = arrays.image_numbers.values;
    this.places = new Map(Array.from(this.numbers, (number, i) => [number, i]));
    this.images = arrays.images.values;
    this.confidence = arrays.confidence.values;
    this.labelProbabilities = arrays.label_probabilities.values;
    this.train = arrays.train_images.values;
    this.trainLabels = arrays.train_labels.values;
  }

  /** Whether these are rows of a table. */
  get isTable() {
    return this.columns.length > 0;
  }

  /** What the network is evaluated on, such as "test images". */
  get evaluated() {
    return `${this.words.part} ${this.words.many}`;
  }

  /** One of them, such as "Test image". */
  get evaluatedOne() {
    const text = `${this.words.part} ${this.words.one}`;
    return text[0].toUpperCase() + text.slice(1);
  }

  /** The smallest and largest value of each column among the examples in the page. */
  get ranges() {
    this.known ??= this.columns.map((_, column) => {
      const values = Array.from({ length: this.carried }, (__, i) => this.pixels(i)[column]);
      return [Math.min(...values), Math.max(...values)];
    });
    return this.known;
  }

  /** Number of them in the page, and in all. */
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

  /** Everything about the i-th example in the page. */
  about(i) {
    const number = this.numbers[i];
    return {
      place: i,
      number,
      pixels: this.pixels(i),
      label: this.labels[number],
      predicted: this.predictions[number],
      confidence: this.confidence[i],
      labelProbability: this.labelProbabilities[i],
      title: `${this.evaluatedOne} ${number}`,
    };
  }

  /** Places of the images with a label and a prediction (null: any), the worst mistakes first. */
  search({ label = null, predicted = null, mistakes = false }) {
    const found = [];
    for (let i = 0; i < this.carried; i++) {
      const number = this.numbers[i];
      const fits = (label === null || this.labels[number] === label)
        && (predicted === null || this.predictions[number] === predicted)
        && (!mistakes || this.labels[number] !== this.predictions[number]);
      if (fits) found.push(i);
    }
    return found.sort((a, b) => this.labelProbabilities[a] - this.labelProbabilities[b]);
  }

  /** Number of them in all, in the page or not. */
  count({ label = null, predicted = null, mistakes = false }) {
    let count = 0;
    for (let n = 0; n < this.total; n++) {
      count += (label === null || this.labels[n] === label)
        && (predicted === null || this.predictions[n] === predicted)
        && (!mistakes || this.labels[n] !== this.predictions[n]);
    }
    return count;
  }

  /** The number of an example in the page that is nearest to a number. */
  nearestNumber(number) {
    return this.numbers.reduce((best, one) => (Math.abs(one - number) < Math.abs(best - number) ? one : best));
  }

  /** The training images nearest to an input. The distance is Euclidean, between pixels of 0 .. 1;
   * for a table, between numbers divided by the range of their column. */
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
