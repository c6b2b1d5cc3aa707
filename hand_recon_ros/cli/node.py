"""`hand-recon node`: the live node on the ROS 2 wire."""

from __future__ import annotations

import typer

WITH_ROS_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}


def node(context: typer.Context) -> None:
    """Subscribe to a camera and publish the hands it sees, as a ROS 2 node that needs no ROS installation.

    Reads image (or image/compressed) and camera_info; publishes ~/hands, ~/markers and ~/mesh_topology. Takes ROS
    arguments:

    hand-recon node --ros-args -r image:=/camera/color/image_raw -p max_hands:=2 --params-file hand_recon.yaml

    ROS_DOMAIN_ID, ROS_AUTOMATIC_DISCOVERY_RANGE, ROS_LOCALHOST_ONLY and CYCLONEDDS_URI count as in ROS 2.
    """
    from hand_recon_ros.node.wire_node import run_wire_node

    raise typer.Exit(run_wire_node(context.args))
