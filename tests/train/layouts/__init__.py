"""Writers of a few samples in the exact layout of each published data set, from rendered hands."""
