"""A model of the kernels' pool that tries every order in which its threads can run."""
