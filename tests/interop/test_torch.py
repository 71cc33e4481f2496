"""Networks to and from PyTorch, and safetensors with torch's names."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.interop.networks import FRACTIONS, NETWORKS, PIXELS, network

from byhand import (
    ArgumentError,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    FileError,
    FormatError,
    InputLayer,
    MultiLayerPerceptron,
    NoiseLayer,
    load_state_dict,
    save_state_dict,
)
from byhand.interop.array_text import packed
from byhand.interop.torch_layers import parse_module
from byhand.model_file import write_tensors

torch = pytest.importorskip("torch")
nn = torch.nn
module_of = pytest.importorskip("byhand.interop.torch_module")
to_torch, from_torch = module_of.to_torch, module_of.from_torch


KNOWN = [name for name in NETWORKS if name != "counts"]  # torch has no module for exp(z)


def outputs(module, x):
    with torch.no_grad():
        return module(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize("name", KNOWN)
def test_torch_gives_the_same_outputs_for_the_same_raw_inputs(name):
    net, x = NETWORKS[name]()

    module = to_torch(net)

    np.testing.assert_allclose(outputs(module, x), net.predict_proba(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", KNOWN)
def test_there_and_back_gives_the_same_bits(name):
    net, x = NETWORKS[name]()

    back = from_torch(to_torch(net), class_names=net.class_names)

    assert [layer.config() for layer in back.layers] == [layer.config() for layer in net.layers]
    assert back.dtype == net.dtype
    np.testing.assert_array_equal(back.predict_proba(x), net.predict_proba(x))


@pytest.mark.parametrize("name", KNOWN)
def test_a_state_dict_goes_there_and_back_and_into_torch(name, tmp_path):
    net, x = NETWORKS[name]()
    path = save_state_dict(net, tmp_path / "net.safetensors")

    same = load_state_dict(path)
    _, *layers = to_torch(net)
    module = nn.Sequential(*layers)
    from safetensors.torch import load_file

    for tensor in module.parameters():
        tensor.data.zero_()
    module.load_state_dict(load_file(str(path)))

    np.testing.assert_array_equal(same.predict_proba(x), net.predict_proba(x))
    assert same.class_names == net.class_names
    complete = nn.Sequential(to_torch(net)[0], *module).eval()
    np.testing.assert_allclose(outputs(complete, x), net.predict_proba(x), rtol=1e-5, atol=1e-6)


def test_training_one_does_not_change_the_other():
    net = network(DenseLayer(5, "relu"))
    before = net.predict_proba(PIXELS)
    module = to_torch(net)

    with torch.no_grad():
        for tensor in module.parameters():
            tensor += 1

    np.testing.assert_array_equal(net.predict_proba(PIXELS), before)


def test_the_state_dict_fits_a_plain_sequential():
    net = network(DenseLayer(5, "relu"))
    plain = nn.Sequential(
        nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 4), nn.Softmax(dim=1)
    )

    plain.load_state_dict(to_torch(net).state_dict())

    scaled = PIXELS.astype(np.float32) * np.float32(1 / 255)
    np.testing.assert_allclose(outputs(plain, scaled), net.predict_proba(PIXELS), atol=1e-6)


# --- from torch ---------------------------------------------------------------------------------


def test_a_torch_classifier_gets_its_softmax_and_its_pixels():
    module = nn.Sequential(
        nn.Flatten(),
        nn.Sequential(nn.Linear(12, 6, bias=False), nn.BatchNorm1d(6), nn.SiLU()),
        nn.Identity(),
        nn.Dropout(0.4),
        nn.Linear(6, 3),
    ).eval()

    net = from_torch(module, output="softmax", normalisation="pixels", class_names=list("abc"))

    expected = torch.softmax(module(torch.from_numpy(PIXELS / 255).float()), dim=1)
    np.testing.assert_allclose(net.predict_proba(PIXELS), expected.detach().numpy(), atol=1e-6)
    assert [layer.kind for layer in net.layers] == [
        "input", "dense", "batch_norm", "dropout", "dense",
    ]  # fmt: skip
    assert net.fit(PIXELS, np.arange(40) % 3, epochs=2, batch_size=20, verbose=0).epochs == 2


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 2)

    def forward(self, x):
        return self.fc(x) ** 2


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Own(), "expected an nn.Sequential; got Own"),
        (nn.Sequential(nn.Conv2d(1, 2, 3)), "no layer like nn.Conv2d"),
        (nn.Sequential(nn.Linear(4, 4), nn.GELU()), "this nn.GELU has approximate='none'"),
        (nn.Sequential(nn.Linear(4, 4), nn.ELU(2.0)), "this nn.ELU has alpha=2"),
        (nn.Sequential(nn.Linear(4, 4), nn.Softplus(beta=2)), "this nn.Softplus has"),
        (nn.Sequential(nn.Linear(4, 4), nn.Softmax(dim=0)), "this nn.Softmax has"),
        (nn.Sequential(nn.ReLU(), nn.Linear(4, 4)), "nn.ReLU follows nothing"),
        (nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Tanh()), "nn.Tanh follows a dense relu"),
        (nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, affine=False)), "affine=False"),
        (nn.Sequential(nn.Flatten()), "at least one nn.Linear"),
    ],
)
def test_what_byhand_does_not_have_is_named(module, message):
    with pytest.raises(ArgumentError, match=message):
        from_torch(module)


def test_an_untrained_network_and_a_custom_layer_are_refused():
    with pytest.raises(ArgumentError, match="untrained"):
        to_torch(MultiLayerPerceptron([InputLayer(4), DenseLayer(2)], seed=0))

    class Mine(DropoutLayer):
        kind = "mine"

    with pytest.raises(ArgumentError, match="kind 'mine'"):
        to_torch(network(DenseLayer(3), Mine(0.5)))


def test_an_activation_that_torch_lacks_is_named(tmp_path):
    net, _ = NETWORKS["counts"]()

    with pytest.raises(ArgumentError, match="torch has no module for the activation 'exp'"):
        to_torch(net)
    with pytest.raises(ArgumentError, match="'exp'"):
        save_state_dict(net, tmp_path / "net.safetensors")


def test_noise_is_off_after_training():
    net = network(DenseLayer(5, "relu"), NoiseLayer(0.5))

    module = to_torch(net)

    np.testing.assert_allclose(outputs(module, PIXELS), net.predict_proba(PIXELS), atol=1e-6)
    assert [layer.kind for layer in from_torch(module).layers] == ["input", "dense", "dense"]


def test_an_unknown_output_gets_the_known_ones():
    with pytest.raises(ArgumentError, match=r"output must be one of relu, .*softmax; got 'sofmax'"):
        from_torch(nn.Sequential(nn.Linear(4, 2)), output="sofmax")


# --- files from elsewhere -----------------------------------------------------------------------


def test_a_state_dict_from_elsewhere_is_read_in_the_natural_order_of_its_names(tmp_path):
    module = nn.Sequential(
        nn.Linear(12, 7), nn.BatchNorm1d(7), nn.LeakyReLU(), nn.Linear(7, 3), nn.Softmax(dim=1)
    ).eval()
    names = {"0": "layers.9", "1": "layers.10", "3": "layers.11"}
    tensors = {
        f"{names[key.split('.')[0]]}.{key.split('.')[1]}": tensor.numpy()
        for key, tensor in module.state_dict().items()
    }
    path = write_tensors(tmp_path / "theirs.safetensors", tensors, {})

    net = load_state_dict(path, ("leaky_relu", "softmax"), normalisation="none")

    np.testing.assert_allclose(
        net.predict_proba(FRACTIONS), outputs(module, FRACTIONS.astype(np.float32)), atol=1e-6
    )
    with pytest.raises(ArgumentError, match=r"contains 2 layers \(layers\.9, layers\.11\)"):
        load_state_dict(path)
    with pytest.raises(ArgumentError, match="one for each"):
        load_state_dict(path, ("relu",))
    with pytest.raises(ArgumentError, match="unknown activation 'rleu'"):
        load_state_dict(path, ("rleu", "softmax"))


ARRAYS = {"0.weight": np.ones((2, 3)), "0.bias": np.ones(2)}
SCALED = {
    "modules": '["nn.Linear(3, 2)"]',
    "normalisation": "standardise",
    "mean": packed(np.zeros(3)),
    "factor": packed(np.ones(3)),
    "input_range": "[0, 1]",
}


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"x": np.ones(3)}, {}, "expected arrays such as 0.weight"),
        ({"0.weight": np.full((2, 3), np.nan)}, {}, "NaN or infinity"),
        ({"0.weight": np.ones((2, 3))}, {"modules": '["nn.Linear(3, 2)"]'}, "0.bias is missing"),
        (
            {"0.weight": np.ones((2, 3)), "0.bias": np.ones(5)},
            {"modules": '["nn.Linear(3, 2)"]'},
            "takes an array of the shape",
        ),
        ({"0.weight": np.ones((2, 3))}, {"modules": "[3"}, "is damaged"),
        ({"0.weight": np.ones((2, 3))}, {"modules": '["__import__(1)"]'}, "is damaged"),
        (
            {"0.weight": np.ones((2, 3)), "0.bias": np.ones(2)},
            {"modules": '["nn.Linear(3, 2)"]', "normalisation": "standardise"},
            "mean and factor",
        ),
        (ARRAYS, SCALED | {"mean": packed(np.full(3, np.nan))}, "NaN or infinity"),
        (ARRAYS, SCALED | {"input_range": f"[0, {10**400}]"}, "is damaged"),
        (ARRAYS, SCALED | {"mean": "[" * 5000}, "is damaged"),
        (ARRAYS, {"modules": '["nn.Linear(3, 99999999999)"]'}, "takes an array of the shape"),
        (ARRAYS, {"modules": json.dumps(["nn.ReLU()"] * 20_000)}, "at most 10,000"),
        (ARRAYS, {"modules": json.dumps([f"nn.Linear({'3, ' * 5000})"])}, "is damaged"),
        (ARRAYS, {"modules": json.dumps([f"nn{'.a' * 400}()"])}, "is not a module"),
        (ARRAYS, {"modules": json.dumps([f"nn{'.a()' * 200}"])}, "is not a module"),
        (ARRAYS, SCALED | {"mean": packed(np.ones(3)).replace("<f8", "f8," * 300_000)}, "'f8,f8"),
        (ARRAYS, SCALED | {"mean": packed(np.ones(3, np.longdouble))}, "is damaged"),
        ({"0.weight": np.ones(3), "1.weight": np.ones((2, 3))}, {}, "0.bias is missing"),
        (
            {
                **{f"0.{name}": np.ones(3) for name in ("weight", "bias", "running_mean")},
                "0.running_var": -np.ones(3),
                "1.weight": np.ones((2, 3)),
                "1.bias": np.ones(2),
            },
            {"modules": '["nn.BatchNorm1d(3)", "nn.Linear(3, 2)"]'},
            "negative numbers",
        ),
    ],
)
def test_a_damaged_file_is_told_from_a_good_one(tensors, metadata, message, tmp_path):
    path = write_tensors(tmp_path / "net.safetensors", tensors, metadata)

    with pytest.raises(FormatError, match=message):
        load_state_dict(path, None if "modules" in metadata else ("softmax",))


@pytest.mark.parametrize("name", ["mean", "factor"])
@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 3), (1,), (0,)])
def test_a_scale_of_another_shape_is_refused(name, shape, tmp_path):
    """A column of 16 numbers would spread out over 16 x 3 columns."""
    metadata = SCALED | {name: packed(np.ones(shape))}
    path = write_tensors(tmp_path / "net.safetensors", ARRAYS, metadata)

    with pytest.raises(ArgumentError, match=rf"{path.name}: {name} must be one number, or one for"):
        load_state_dict(path)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(FileError, match="there is no model file"):
        load_state_dict(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "line", ["nn.Linear(", "Linear(1, 2)", "nn.Linear(open('x'))", "os.system('x')", "3", ""]
)
def test_modules_written_as_text_are_parsed_and_never_executed(line):
    with pytest.raises(ValueError, match=r"module|malformed"):
        parse_module(line)


def test_batch_norm_before_the_first_layer_and_dropout_survive(tmp_path):
    net = network(BatchNormLayer(), DenseLayer(5, "tanh"), DropoutLayer(0.25))

    same = load_state_dict(save_state_dict(net, tmp_path / "net.safetensors"))

    assert [layer.describe() for layer in same.layers[1:]] == [
        layer.describe() for layer in net.layers[1:]
    ]
    np.testing.assert_array_equal(same.predict_proba(PIXELS), net.predict_proba(PIXELS))
