"""What a training shared by many machines costs: a model, and measurements that it has to predict.

python -m benchmarks.scale                         measure here, with the model beside
mpirun -n 2 python -m benchmarks.scale             the same for two ranks
python -m benchmarks.scale --predict               8, 64 and 1,024 nodes, for several networks
"""
