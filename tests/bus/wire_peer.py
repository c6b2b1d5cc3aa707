"""Another process on the wire, until its standard input closes.

It sends every image on /ping back on /pong and offers a service that says how often it was asked, and a switch.

usage: wire_peer.py DOMAIN DISTRIBUTION
"""

from __future__ import annotations

import sys
import threading
from itertools import count

from hand_recon_ros.bus import RESULTS
from hand_recon_ros.bus.discovery import WireSettings, discovery_config
from hand_recon_ros.bus.image_codec import IMAGE
from hand_recon_ros.bus.interface import Answer
from hand_recon_ros.bus.names import NodeName
from hand_recon_ros.bus.wire import WireBus


def main() -> None:
    domain, distribution = int(sys.argv[1]), sys.argv[2]
    bus = WireBus(NodeName("peer", "/far"), WireSettings(domain, discovery_config("LOCALHOST"), distribution))
    pong = bus.publisher("/pong", IMAGE, RESULTS)
    bus.subscribe("/ping", IMAGE, RESULTS, pong.publish)
    asked = count(1)
    bus.trigger_service("~/ask", lambda: Answer(True, str(next(asked))))
    bus.switch_service("~/switch", lambda on: Answer(on, "on" if on else "off"))
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    bus.spin(stop)
    bus.close()


if __name__ == "__main__":
    main()
