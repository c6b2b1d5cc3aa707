"""The default pipeline on a CUDA device: pictures up once, hands down once, all between them in CUDA graphs.

Every step is a function of tensors on one device and runs on a CPU as well, which is how it is tested. Nothing here is
imported before CUDA is asked for, since it needs torch. How the parts work together: docs/gpu.md.
"""
