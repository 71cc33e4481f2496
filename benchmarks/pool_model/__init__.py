"""The protocol of the kernels' pool, tried in every order in which its threads can run."""
