// The examples in the page: test images (or rows of a table) with their labels and predictions.

const row = (values, size, i) => values.subarray(i * size, (i + 1) * size);

/** The training examples, stored by column. This makes the search for the nearest one fast enough to
 * follow the pen: |x − t|² = |x|² + |t|² − 2 x·t, and x·t is a sum over the inputs of x other than 0. */
class Neighbours {
  constructor(train, size, scale) {
    const count = train.length / size;
    Object.assign(this, { count, scale });
    this.columns = new Float64Array(train.length); // (size, count)
    this.squares = new Float64Array(count);
    for (let i = 0, at = 0; i < count; i++) {
      for (let p = 0; p < size; p++, at++) {
        const value = train[at] / this.unit(p);
        this.columns[p * count + i] = value;
        this.squares[i] += value * value;
      }
    }
  }

  /** The value of full ink in a picture, or the range of a table's column. */
  unit(p) {
    return this.scale[p] ?? this.scale[0];
  }

  nearest(pixels, count) {
    const squares = this.squares.slice();
    let own = 0;
    for (let p = 0; p < pixels.length; p++) {
      if (pixels[p] === 0) continue;
      const value = pixels[p] / this.unit(p);
      own += value * value;
      const column = p * this.count;
      for (let i = 0; i < squares.length; i++) squares[i] -= 2 * value * this.columns[column + i];
    }
    return smallest(squares, count)
      .map((place) => ({ place, distance: Math.sqrt(Math.max(own + squares[place], 0)) }));
  }
}

/** The indices of the smallest values, in order. */
function smallest(values, count) {
  const places = [];
  for (let i = 0; i < values.length; i++) {
    if (places.length === count && values[i] >= values[places[count - 1]]) continue;
    const at = places.findIndex((place) => values[place] > values[i]);
    places.splice(at < 0 ? places.length : at, 0, i);
    places.length = Math.min(places.length, count);
  }
  return places;
}

export class Pictures {
  constructor({ data, arrays }) {
    this.shape = data.shape;
    this.size = data.shape[0] * data.shape[1];
    this.peak = data.peak;
    this.scale = data.scale;
    this.classes = data.classes;
    this.words = data.words;
    this.columns = data.columns;
    this.isRegression = data.task === "regression";
    this.hasRows = data.task !== "classification"; // a row of targets for each example, no single class
    if (this.hasRows) this.takeValues(arrays);
    else this.takeClasses(arrays);
    this.numbers = arrays.image_numbers.values;
    this.places = new Map(Array.from(this.numbers, (number, i) => [number, i]));
    this.images = arrays.images.values;
    this.train = arrays.train_images.values;
    this.trainCount = arrays.train_images.shape[0];
  }

  takeClasses(arrays) {
    this.labels = arrays.labels.values;
    this.total = this.labels.length;
    this.trainLabels = arrays.train_labels.values;
    this.state = {
      predictions: arrays.predictions.values,
      labelProbabilities: arrays.label_probabilities.values,
      confidence: (i) => arrays.confidence.values[i],
    };
  }

  /** For a network that predicts values or several labels: targets and outputs, with a row for each example. */
  takeValues({ targets, outputs, train_targets: learnt }) {
    const [total, width] = targets.shape;
    Object.assign(this, { total, targets: targets.values, outputs: outputs.values });
    this.trainLabels = Array.from({ length: learnt.shape[0] }, (_, i) => row(learnt.values, width, i));
  }

  /** The target and the prediction of the i-th example in the page, with a number for each output. */
  target(i) {
    return row(this.targets, this.classes.length, this.numbers[i]);
  }

  given(i) {
    return row(this.outputs, this.classes.length, this.numbers[i]);
  }

  /** The predictions at a moment of the training. A confidence is computed only when it is shown. */
  stateFrom(predictions, probabilities) {
    return {
      predictions,
      labelProbabilities: Float32Array.from(probabilities, (p) => p / 255),
      confidence: (i) => Math.max(...this.network.predict(this.pixels(i))),
    };
  }

  get predictions() {
    return this.state.predictions;
  }

  /** The fraction of correct predictions. */
  get accuracy() {
    return 1 - this.count({ mistakes: true }) / this.total;
  }

  /** The number of examples with each label (row) and prediction (column). */
  confusion() {
    const matrix = this.classes.map(() => new Array(this.classes.length).fill(0));
    this.labels.forEach((label, n) => { matrix[label][this.predictions[n]] += 1; });
    return matrix;
  }

  /** Whether these are rows of a table. */
  get isTable() {
    return this.columns.length > 0;
  }

  /** The name of the examples of the evaluation, such as "test images". */
  get evaluated() {
    return `${this.words.part} ${this.words.many}`;
  }

  /** The name of one of these examples, such as "Test image". */
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

  /** The mean of each column over the training rows in the page. */
  get means() {
    const count = this.trainCount;
    this.average ??= Float64Array.from(this.columns, (_, column) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += this.train[i * this.size + column];
      return sum / count;
    });
    return this.average;
  }

  /** The number of examples in the page and in all. */
  get carried() {
    return this.numbers.length;
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
    const title = `${this.evaluatedOne} ${number}`;
    if (this.hasRows) return { place: i, number, pixels: this.pixels(i), label: this.target(i), title };
    return {
      place: i,
      number,
      pixels: this.pixels(i),
      label: this.labels[number],
      predicted: this.predictions[number],
      confidence: this.state.confidence(i),
      labelProbability: this.state.labelProbabilities[i],
      title,
    };
  }

  /** The indices of the images with a label and a prediction (null: any), worst mistakes first. */
  search({ label = null, predicted = null, mistakes = false }) {
    const found = [];
    for (let i = 0; i < this.carried; i++) {
      const number = this.numbers[i];
      const fits = (label === null || this.labels[number] === label)
        && (predicted === null || this.predictions[number] === predicted)
        && (!mistakes || this.labels[number] !== this.predictions[number]);
      if (fits) found.push(i);
    }
    const { labelProbabilities } = this.state;
    return found.sort((a, b) => labelProbabilities[a] - labelProbabilities[b]);
  }

  /** The number of such images in all, in the page or not. */
  count({ label = null, predicted = null, mistakes = false }) {
    let count = 0;
    for (let n = 0; n < this.total; n++) {
      count += (label === null || this.labels[n] === label)
        && (predicted === null || this.predictions[n] === predicted)
        && (!mistakes || this.labels[n] !== this.predictions[n]);
    }
    return count;
  }

  /** The number nearest to a given one among the examples in the page. */
  nearestNumber(number) {
    return this.numbers.reduce((best, one) => (Math.abs(one - number) < Math.abs(best - number) ? one : best));
  }

  /** The training images nearest to an input. The distance is Euclidean, on pixels from 0 to 1; for a
   * table, on numbers divided by the range of their column. */
  nearest(pixels, count) {
    this.neighbours ??= new Neighbours(this.train, this.size, this.scale);
    return this.neighbours.nearest(pixels, count).map(({ distance, place }) => ({
      place, distance, label: this.trainLabels[place], pixels: this.trainPixels(place),
    }));
  }
}
