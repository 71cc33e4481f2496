"""Exchange of networks with other programs: exports, ONNX, PyTorch and fun-MNIST's npz."""
