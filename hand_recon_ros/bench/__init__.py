"""What the package costs on this machine, beside what people use instead: `hand-recon bench`."""
