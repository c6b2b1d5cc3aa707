"""How good reconstructed hands are: against reference joints, and by themselves over time. Pure NumPy."""
