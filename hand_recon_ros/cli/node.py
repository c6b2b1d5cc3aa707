"""`hand-recon node`: the live node."""

from __future__ import annotations

import importlib.util
from enum import Enum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

WITH_ROS_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}


class NodeCommand(TyperCommand):
    """A command whose help goes on with the table of parameters, which is loaded for that alone."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # of click, or of the copy that Typer brings
        """Write the help."""
        super().format_help(ctx, formatter)
        from hand_recon_ros.node.parameter_texts import parameter_help

        typer.echo(parameter_help())


class Middleware(str, Enum):
    """How the node reaches other nodes."""

    AUTO = "auto"
    RCLPY = "rclpy"
    WIRE = "wire"


def node(
    context: typer.Context,
    bus: Annotated[
        Middleware,
        typer.Option(help="rclpy of a sourced ROS 2, or DDS without ROS (wire); auto takes rclpy when it is there."),
    ] = Middleware.AUTO,
) -> None:
    """Subscribe to cameras and publish the hands they see, as a ROS 2 node that needs no ROS installation.

    Takes ROS arguments:

    hand-recon node --ros-args -r image:=/camera/color/image_raw -p max_hands:=2 --params-file hand_recon.yaml

    ROS_DOMAIN_ID, ROS_AUTOMATIC_DISCOVERY_RANGE, ROS_LOCALHOST_ONLY and CYCLONEDDS_URI count as in ROS 2.
    """
    if takes_rclpy(bus):
        from hand_recon_ros.node.rclpy_node import run_rclpy_node

        raise typer.Exit(run_rclpy_node(context.args))
    from hand_recon_ros.node.wire_node import run_wire_node

    raise typer.Exit(run_wire_node(context.args))


def takes_rclpy(bus: Middleware) -> bool:
    """Whether a program goes through rclpy."""
    return bus is Middleware.RCLPY or (bus is Middleware.AUTO and ros_is_there())


def ros_is_there() -> bool:
    """Whether rclpy and this package's messages can be imported."""
    return all(importlib.util.find_spec(name) for name in ("rclpy", "hand_recon_ros.msg"))
