"""python -m experiments.benchmark: how fast training is, beside the matrix products alone and beside other libraries."""
