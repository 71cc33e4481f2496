"""Mistakes in `implementations/backward_updates.py`."""

PLANTS = (
    (
        "weights_all_equal",
        "np.random.normal(0.0, n_inputs ** -0.5, (n_inputs, n_hidden))",
        "np.zeros((n_inputs, n_hidden))",
    ),
    ("weights_too_large", "np.random.normal(0.0, n_inputs ** -0.5,", "np.random.normal(0.0, 1.0,"),
    (
        "weights_positive",
        "np.random.normal(0.0, n_inputs ** -0.5, (n_inputs, n_hidden))",
        "np.random.uniform(0.0, 0.1, (n_inputs, n_hidden))",
    ),
    ("bias_missing", "self.weights_input_hidden) + self.bias_hidden", "self.weights_input_hidden)"),
    (
        "bias_missing",
        "self.weights_hidden_output) + self.bias_output",
        "self.weights_hidden_output)",
    ),
    (
        "activation_missing",
        "self.hidden_output = self.sigmoid(self.hidden_input)",
        "self.hidden_output = self.hidden_input",
    ),
    (
        "z_passed_on",
        "np.dot(self.hidden_output, self.weights",
        "np.dot(self.hidden_input, self.weights",
    ),
    ("sigmoid_sign", "np.exp(-np.clip(x, -500, 500))", "np.exp(np.clip(x, -500, 500))"),
    (
        "softmax_over_examples",
        "np.max(x, axis=1, keepdims=True)|np.sum(e, axis=1, keepdims=True)",
        "np.max(x, axis=0)|np.sum(e, axis=0)",
    ),
    (
        "softmax_over_everything",
        "np.max(x, axis=1, keepdims=True)|np.sum(e, axis=1, keepdims=True)",
        "np.max(x)|np.sum(e)",
    ),
    ("softmax_overflow", "np.exp(x - np.max(x, axis=1, keepdims=True))", "np.exp(x)"),
    ("softmax_missing", "return self.softmax(self.final_input)", "return self.final_input"),
    (
        "activation_on_output",
        "self.softmax(self.final_input)",
        "self.softmax(self.sigmoid(self.final_input))",
    ),
    (
        "hidden_activation_as_output",
        "return self.softmax(self.final_input)",
        "return self.sigmoid(self.final_input)",
    ),
    ("loss_mean_missing", "-np.mean(np.sum(", "-np.sum(np.sum("),
    (
        "loss_over_classes",
        "-np.mean(np.sum(y_true * np.log(np.clip(y_pred, 1e-12, 1.0)), axis=1))",
        "-np.mean(y_true * np.log(np.clip(y_pred, 1e-12, 1.0)))",
    ),
    ("loss_sign", "return -np.mean", "return np.mean"),
    ("log_of_zero", "np.clip(y_pred, 1e-12, 1.0)", "y_pred"),
    ("mean_missing|sum_in_update", "(y_pred - y_true) / n", "(y_pred - y_true)"),
    ("mean_twice|mean_in_update", "(y_pred - y_true) / n", "(y_pred - y_true) / n / n"),
    (
        "mean_twice_in_biases",
        "np.sum(output_error, axis=0, keepdims=True)|np.sum(hidden_delta, axis=0, keepdims=True)",
        "np.mean(output_error, axis=0, keepdims=True)|np.mean(hidden_delta, axis=0, keepdims=True)",
    ),
    ("gradient_sign|uphill", "(y_pred - y_true) / n", "(y_true - y_pred) / n"),
    ("slope_missing", " * self.hidden_output * (1 - self.hidden_output)", ""),
    (
        "slope_of_activation",
        "self.hidden_output * (1 - self.hidden_output)",
        "self.sigmoid(self.hidden_output) * (1 - self.sigmoid(self.hidden_output))",
    ),
    (
        "slope_formula_of_z",
        "self.hidden_output * (1 - self.hidden_output)",
        "self.hidden_input * (1 - self.hidden_input)",
    ),
    ("activation_for_slope", " * (1 - self.hidden_output)", ""),
    (
        "slope_of_other_activation",
        "self.hidden_output * (1 - self.hidden_output)",
        "(self.hidden_input > 0)",
    ),
    (
        "slope_of_other_activation",
        "self.hidden_output * (1 - self.hidden_output)",
        "(1 - self.hidden_output ** 2)",
    ),
    (
        "output_slope_again",
        "(y_pred - y_true) / n",
        "(y_pred - y_true) * y_pred * (1 - y_pred) / n",
    ),
    (
        "bias_summed_over_everything",
        "np.sum(output_error, axis=0, keepdims=True)|np.sum(hidden_delta, axis=0, keepdims=True)",
        "np.sum(output_error)|np.sum(hidden_delta)",
    ),
    ("labels_ignored", "(y_pred - y_true) / n", "y_pred / n"),
    (
        "z_in_weight_gradient",
        "np.dot(self.hidden_output.T, output_error)",
        "np.dot(self.hidden_input.T, output_error)",
    ),
    (
        "updated_before_use",
        "        hidden_error = np.dot(output_error, self.weights_hidden_output.T)\n        hidden_delta = hidden_error * self.hidden_output * (1 - self.hidden_output)\n|        self.bias_output -=",
        "|        hidden_error = np.dot(output_error, self.weights_hidden_output.T)\n        hidden_delta = hidden_error * self.hidden_output * (1 - self.hidden_output)\n        self.bias_output -=",
    ),
    (
        "shapes",
        "np.dot(output_error, self.weights_hidden_output.T)",
        "np.dot(output_error, self.weights_hidden_output)",
    ),
    ("uphill|gradient_sign", "-= self.lr", "+= self.lr"),
    ("rate_missing", "self.lr * np", "np"),
    (
        "biases_not_updated",
        "        self.bias_output -= self.lr * np.sum(output_error, axis=0, keepdims=True)\n|        self.bias_hidden -= self.lr * np.sum(hidden_delta, axis=0, keepdims=True)\n",
        "|",
    ),
    (
        "layer_not_updated|gradient_zero",
        "        self.weights_hidden_output -= self.lr * np.dot(self.hidden_output.T, output_error)\n        self.bias_output -= self.lr * np.sum(output_error, axis=0, keepdims=True)\n",
        "",
    ),
    (
        "old_value_lost",
        "_output -= self.lr|_hidden -= self.lr",
        "_output = -self.lr|_hidden = -self.lr",
    ),
    ("not_shuffled", "            np.random.shuffle(idx)\n", ""),
    ("labels_apart_from_inputs", "y[idx[i:i + batch_size]]", "y[i:i + batch_size]"),
    (
        "same_batch_again",
        "X[idx[i:i + batch_size]], y[idx[i:i + batch_size]]",
        "X[idx[:batch_size]], y[idx[:batch_size]]",
    ),
    ("accuracy_on_batch", "self.get_accuracy(X, y)", "self.get_accuracy(X_batch, y_batch)"),
)
