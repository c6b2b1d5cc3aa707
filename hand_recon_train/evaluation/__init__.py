"""Evaluation of any model on any data set, by the protocols of the benchmarks."""
