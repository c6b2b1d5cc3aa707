"""`hand-recon retarget`: a robot hand follows a hand."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hand_recon_ros.cli.node import Middleware, takes_rclpy

if TYPE_CHECKING:
    from hand_recon_ros.retarget import Retargeter

NODE, HANDS = "hand_retarget", "/hand_recon/hands"


class HandSide(str, Enum):
    """Sides on the command line."""

    LEFT = "left"
    RIGHT = "right"


def retarget(
    context: typer.Context,
    robot: Annotated[
        str, typer.Option(help="Robot hand: allegro, shadow, svh, leap, ability, inspire, or the panda gripper.")
    ],
    side: Annotated[HandSide, typer.Option(help="Side of the hand, and of the robot hand.")] = HandSide.RIGHT,
    urdf: Annotated[
        Path | None,
        typer.Option(help="URDF file of the robot hand, or a folder arranged as robots/hands of dexsuite/dex-urdf."),
    ] = None,
    topic: Annotated[
        str, typer.Option(help="Hands to follow: a HandArray, or PoseArray <side>/joints. [default: /hand_recon/hands]")
    ] = "",
    commands: Annotated[str, typer.Option(help="JointState topic to write. [default: /ROBOT/joint_commands]")] = "",
    state: Annotated[
        str, typer.Option(help="JointState topic of the robot, to begin where it is. [default: begin at the flat hand]")
    ] = "",
    max_speed: Annotated[float, typer.Option(min=0.01, max=100, help="Highest joint speed, rad/s.")] = 3.0,
    stale: Annotated[
        float, typer.Option(min=0.01, max=60, help="Seconds without the hand after which commands stop.")
    ] = 0.5,
    rate: Annotated[float, typer.Option(min=1, max=1000, help="Commands a second.")] = 50.0,
    bag: Annotated[
        Path | None, typer.Option(exists=True, help="Recording with hands to retarget offline, in place of a topic.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Recording (.mcap) of the commands of --bag.")] = None,
    bus: Annotated[
        Middleware,
        typer.Option(help="rclpy of a sourced ROS 2, or DDS without ROS (wire); auto takes rclpy when it is there."),
    ] = Middleware.AUTO,
) -> None:
    """Turn the joints of a hand into joint positions of a robot hand, live or for a recording.

    hand-recon retarget --robot allegro --urdf allegro_hand_right.urdf --ros-args -r /allegro/joint_commands:=/cmd

    hand-recon retarget --robot allegro --urdf allegro_hand_right.urdf --bag result.mcap --out commands.mcap
    """
    if (bag is None) != (out is None):
        raise typer.BadParameter("give --bag and --out together, for a recording, or neither, to follow a topic")
    if bag and context.args:
        raise typer.BadParameter(f"expected no further arguments with --bag, got {' '.join(context.args)}")
    from hand_recon_ros.retarget import Retargeter
    from hand_recon_ros.types import Side

    retargeter = Retargeter.create(robot, Side[side.name], urdf, max_speed, stale)
    commands = commands or f"/{robot}/joint_commands"
    if bag and out:
        _offline(retargeter, bag, out, commands, topic)
    else:
        _live(retargeter, context.args, topic or HANDS, commands, state, rate, takes_rclpy(bus))


def _offline(retargeter: Retargeter, bag: Path, out: Path, commands: str, topic: str) -> None:
    from hand_recon_ros.retarget.offline import retarget_bag

    done = retarget_bag(bag, out, retargeter, commands, topic or None)
    side = retargeter.side.name.lower()
    typer.echo(
        f"{done.commands} commands for {len(retargeter.solver.names)} joints on {commands}, from {done.messages} "
        f"messages on {done.topic}, {done.seen} of them with a {side} hand; see {out}"
    )
    if not done.seen:
        raise ValueError(f"expected a {side} hand in {bag}, found none; choose another --side")


def _live(
    retargeter: Retargeter, argv: list[str], topic: str, commands: str, state: str, rate: float, rclpy: bool
) -> None:
    from hand_recon_ros.node.live_process import live_bus
    from hand_recon_ros.retarget.live import LiveRetargeting

    with live_bus(argv, NODE, rclpy) as (bus, stop):
        LiveRetargeting(bus, retargeter, topic, commands, rate, state, NODE)
        bus.spin(stop)
