// Random numbers from one seed, a stream for each purpose and moment, as in the library.
//
// A stream depends on seed, purpose and moment alone. So nothing random has to be kept in order to
// go back in time: step 57 draws the same numbers whenever it is made.

/** Four 32-bit words from a text, by rounds of multiplication  (after MurmurHash3's mixing). */
function words(text) {
  let hash = 1779033703 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return [0, 1, 2, 3].map(() => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    return (hash ^= hash >>> 16) >>> 0;
  });
}

/** A generator (sfc32, C. Doty-Humphrey 2010) for a seed, a purpose and a moment. */
export function stream(seed, purpose, moment = 0) {
  let [a, b, c, d] = words(`${seed} ${purpose} ${moment}`);
  let spare = null;

  /** A number from 0 to below 1. */
  function uniform() {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return (t >>> 0) / 4294967296;
  }

  /** A number from the standard normal distribution  (Box & Muller 1958). */
  function normal() {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  const below = (n) => Math.floor(uniform() * n);

  /** Puts a list into a random order, in place  (Fisher & Yates). */
  function shuffle(list) {
    for (let i = list.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }

  for (let i = 0; i < 12; i++) uniform(); // the seed's words mix before the first number counts
  return { uniform, normal, below, shuffle };
}
