"""Transport of ROS 2 messages as CDR bytes: the `Bus` seam, its codecs, and the wire and bag buses."""

from hand_recon_ros.bus.interface import LATCHED, RESULTS, SENSOR_DATA, Bus, Publisher, Qos, Subscription

__all__ = ["LATCHED", "RESULTS", "SENSOR_DATA", "Bus", "Publisher", "Qos", "Subscription"]
