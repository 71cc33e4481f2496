"""Files of other formats: safetensors, and fun-MNIST's plain npz."""
