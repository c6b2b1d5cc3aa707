"""Offline side of hand_recon_ros: datasets, rendered hands, training, evaluation.

It imports hand_recon_ros, never the other way round.
"""
