"""Offline side of hand_recon_ros: datasets, rendered hands, training, evaluation. Imports hand_recon_ros, never the reverse."""
