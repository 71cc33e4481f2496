"""Model files of other programs: fun-MNIST's plain npz."""
