"""Starts the node that lets a robot hand follow a hand, as joint commands.

ros2 launch hand_recon_ros retarget.launch.py robot:=allegro urdf:=/path/to/allegro_hand_right.urdf side:=right

It listens to the reconstruction node, which hand_recon.launch.py starts.
"""

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription

PACKAGE = "hand_recon_ros"
NODE_NAME = "hand_retarget"


def generate_launch_description() -> LaunchDescription:
    """Arguments and process."""
    arguments = [
        DeclareLaunchArgument("robot", description="Robot hand: what `hand-recon retarget --robot` takes"),
        DeclareLaunchArgument("urdf", description="URDF file of the robot hand, or dex-urdf's folder robots/hands"),
        DeclareLaunchArgument("side", default_value="right", choices=["left", "right"]),
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node"),
        DeclareLaunchArgument("topic", default_value="/hand_recon/hands", description="Hands to follow"),
        DeclareLaunchArgument(
            "commands", default_value="", description="JointState topic to write; empty: /<robot>/joint_commands"
        ),
        DeclareLaunchArgument(
            "state", default_value="", description="JointState topic of the robot, to begin where it is"
        ),
        DeclareLaunchArgument("max_speed", default_value="3.0", description="Highest joint speed, rad/s"),
        DeclareLaunchArgument("stale", default_value="0.5", description="Seconds without the hand until commands stop"),
        DeclareLaunchArgument("rate", default_value="50.0", description="Commands a second"),
        DeclareLaunchArgument("use_sim_time", default_value="false", choices=["true", "false"]),
        DeclareLaunchArgument("log_level", default_value="info"),
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_retarget)])


def _retarget(context: LaunchContext) -> list[Node]:
    """The node with the arguments as given."""

    def given(name: str) -> str:
        return context.perform_substitution(LaunchConfiguration(name))

    options = ("robot", "urdf", "side", "topic", "commands", "state", "max_speed", "stale", "rate")
    words = [word for name in options if given(name) for word in (f"--{name.replace('_', '-')}", given(name))]
    return [
        Node(
            package=PACKAGE,
            executable="hand-recon",
            name=NODE_NAME,
            namespace=given("namespace"),
            arguments=["retarget", "--bus", "rclpy", *words],
            ros_arguments=["--log-level", given("log_level")],
            parameters=[{"use_sim_time": given("use_sim_time") == "true"}],
            output="screen",
            emulate_tty=True,
        )
    ]
