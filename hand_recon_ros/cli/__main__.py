"""`python -m hand_recon_ros.cli` is `hand-recon`."""

from hand_recon_ros.cli import main

main()
