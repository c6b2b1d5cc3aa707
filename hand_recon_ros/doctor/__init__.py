"""What this computer has that the package needs, with advice where something is missing or often goes wrong."""

from hand_recon_ros.doctor.examination import examine
from hand_recon_ros.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
