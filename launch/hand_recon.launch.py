"""Starts the hand reconstruction node on a camera, and RViz if asked to.

The node is a managed one; by default it configures and activates itself. With autostart:=false it waits for
`ros2 lifecycle set /hand_recon configure` and `activate`.

ros2 launch hand_recon_ros hand_recon.launch.py image_topic:=/camera/image_raw rviz:=true
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchContext, LaunchDescription

PACKAGE = "hand_recon_ros"
NODE_NAME = "hand_recon"


def generate_launch_description() -> LaunchDescription:
    """Arguments and processes."""
    config = Path(get_package_share_directory(PACKAGE)) / "config"
    arguments = [
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node"),
        DeclareLaunchArgument("image_topic", default_value="image", description="Topic of the raw image"),
        DeclareLaunchArgument(
            "camera_info_topic", default_value="", description="Topic of the intrinsics; empty: beside the image"
        ),
        DeclareLaunchArgument(
            "depth_topic", default_value="", description="Depth registered to the image; empty: without depth"
        ),
        DeclareLaunchArgument(
            "compressed",
            default_value="false",
            choices=["true", "false"],
            description="Take <image_topic>/compressed instead",
        ),
        DeclareLaunchArgument(
            "params_file", default_value=str(config / "hand_recon.yaml"), description="Parameters of the node"
        ),
        DeclareLaunchArgument("device", default_value="auto", choices=["auto", "cpu", "cuda"]),
        DeclareLaunchArgument("autostart", default_value="true", choices=["true", "false"]),
        DeclareLaunchArgument("use_sim_time", default_value="false", choices=["true", "false"]),
        DeclareLaunchArgument("log_level", default_value="info"),
        DeclareLaunchArgument("rviz", default_value="false", choices=["true", "false"], description="Start RViz"),
    ]
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        namespace=LaunchConfiguration("namespace"),
        arguments=["-d", str(config / "hand_recon.rviz")],
        remappings=[("image", LaunchConfiguration("image_topic"))],
        parameters=[{"use_sim_time": ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)}],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )
    return LaunchDescription([*arguments, OpaqueFunction(function=_hand_recon), rviz])


def _hand_recon(context: LaunchContext) -> list[LifecycleNode]:
    """The node with the arguments as given."""

    def given(name: str) -> str:
        return context.perform_substitution(LaunchConfiguration(name))

    topics = {"image": "image_topic", "camera_info": "camera_info_topic", "depth": "depth_topic"}
    return [
        LifecycleNode(
            package=PACKAGE,
            executable="hand-recon",
            name=NODE_NAME,
            namespace=given("namespace"),
            arguments=["node", "--bus", "rclpy"],
            ros_arguments=["--log-level", given("log_level")],
            parameters=[
                given("params_file"),
                {
                    "device": given("device"),
                    "use_compressed": given("compressed") == "true",
                    "use_depth": bool(given("depth_topic")),
                    "autostart": given("autostart") == "true",
                    "use_sim_time": given("use_sim_time") == "true",
                },
            ],
            remappings=[(topic, given(argument)) for topic, argument in topics.items() if given(argument)],
            output="screen",
            emulate_tty=True,
        )
    ]
