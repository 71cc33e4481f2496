// Mixup: training on mixtures of two examples and of their losses, as in the library's
// training/mixup.py.

/** own = share own + (1 - share) other for each row of `width` numbers, in place. */
export function blend(own, other, shares, width) {
  for (let i = 0; i < shares.length * width; i++) own[i] = other[i] + shares[Math.floor(i / width)] * (own[i] - other[i]);
}

/** A number from the Beta distribution with both parameters alpha, at most 1  (Johnk 1964). */
export function symmetricBeta({ uniform }, alpha) {
  for (;;) {
    const [x, y] = [uniform() ** (1 / alpha), uniform() ** (1 / alpha)];
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

/** The partners and shares of an epoch: row -> { partner, share }. */
export function drawPartners(rows, alpha, random) {
  const partners = random.shuffle(Array.from(rows));
  return new Map(Array.from(rows, (row, i) => [row, { partner: partners[i], share: symmetricBeta(random, alpha) }]));
}
