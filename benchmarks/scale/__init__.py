"""The cost of a training on many machines: a model, and the measurements that it must predict.

python -m benchmarks.scale                         measure here, beside the model
mpirun -n 2 python -m benchmarks.scale             the same for two ranks
python -m benchmarks.scale --predict               8, 64 and 1,024 nodes, for several networks
"""
