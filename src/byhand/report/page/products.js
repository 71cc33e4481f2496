// The three matrix products of a dense layer, in plain loops: nearly all of the work of training.
//
// Matrices are typed arrays, row after row: X (n, k), W (k, m), Z and dZ (n, m).

/** Z = X W + b. Zero inputs are skipped: most pixels of a digit. */
function affine(X, W, b, Z, n, k, m) {
  for (let i = 0; i < n; i++) {
    const z = i * m;
    for (let j = 0; j < m; j++) Z[z + j] = b[j];
    for (let p = 0; p < k; p++) {
      const x = X[i * k + p];
      if (x === 0) continue;
      for (let j = 0, w = p * m; j < m; j++, w++) Z[z + j] += x * W[w];
    }
  }
}

/** dW = X^T dZ. */
function weightGradient(X, dZ, dW, n, k, m) {
  dW.fill(0);
  for (let i = 0; i < n; i++) {
    const z = i * m;
    for (let p = 0; p < k; p++) {
      const x = X[i * k + p];
      if (x === 0) continue;
      for (let j = 0, w = p * m; j < m; j++, w++) dW[w] += x * dZ[z + j];
    }
  }
}

/** dX = dZ W^T. */
function inputGradient(dZ, W, dX, n, k, m) {
  for (let i = 0; i < n; i++) {
    const z = i * m;
    for (let p = 0; p < k; p++) {
      let total = 0;
      for (let j = 0, w = p * m; j < m; j++, w++) total += dZ[z + j] * W[w];
      dX[i * k + p] = total;
    }
  }
}

/** The products in JavaScript, on arrays of either precision. */
export const plainProducts = (Real = Float32Array) => ({
  name: "JavaScript", allocate: (length) => new Real(length), affine, weightGradient, inputGradient,
});
