"""Read and write model files of other programs: fun-MNIST's npz."""
