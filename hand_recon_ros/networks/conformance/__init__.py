"""Conformance of networks: how far ours are from the published implementations, stage by stage."""

from hand_recon_ros.networks.conformance.case import Case, read_case
from hand_recon_ros.networks.conformance.run import StageError, recorded, run_case

__all__ = ["Case", "StageError", "read_case", "recorded", "run_case"]
