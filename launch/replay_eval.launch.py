"""Evaluates the live node on a recording: plays it with its own clock, records the results, writes a report.

ros2 launch hand_recon_ros replay_eval.launch.py bag:=night image_topic:=/camera/image_raw out:=night_eval

The node starts first; the player starts when the node is active. When the player ends, the results are closed, and
`hand-recon report` writes report.html and report.json into the folder `out`, beside the recording `out`/results.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnProcessIO
from launch.events import Shutdown, matches_action
from launch.events.process import ProcessIO, ShutdownProcess
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from launch import LaunchContext, LaunchDescription

PACKAGE = "hand_recon_ros"
NODE_NAME = "hand_recon"
READY = b"waiting for images on"
"""What the node logs when it is active."""
LAST_IMAGES_S = 2.0
"""How long the images that are still in the node may take after the player's end."""


def generate_launch_description() -> LaunchDescription:
    """Arguments and processes."""
    arguments = [
        DeclareLaunchArgument("bag", description="Recording to play"),
        DeclareLaunchArgument("out", description="Folder to make for the results"),
        DeclareLaunchArgument("image_topic", default_value="/image", description="Absolute topic of the raw image"),
        DeclareLaunchArgument(
            "camera_info_topic", default_value="", description="Topic of the intrinsics; empty: beside the image"
        ),
        DeclareLaunchArgument(
            "compressed",
            default_value="false",
            choices=["true", "false"],
            description="Take <image_topic>/compressed instead",
        ),
        DeclareLaunchArgument(
            "reference",
            default_value="",
            description="Topics with reference joints, as TOPIC or TOPIC:left or TOPIC:right, with spaces",
        ),
        DeclareLaunchArgument("rate", default_value="1.0", description="Speed of the player"),
        DeclareLaunchArgument(
            "delay", default_value="3.0", description="Seconds from the player's start to its first message"
        ),
        DeclareLaunchArgument("device", default_value="auto", choices=["auto", "cpu", "cuda"]),
        DeclareLaunchArgument(
            "params_file",
            default_value=str(Path(get_package_share_directory(PACKAGE)) / "config" / "hand_recon.yaml"),
            description="Parameters of the node",
        ),
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_evaluation)])


def _evaluation(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Node and recorder at once, then the player, then the report, each when the one before is ready or done."""

    def given(name: str) -> str:
        return context.perform_substitution(LaunchConfiguration(name))

    out = Path(given("out"))
    results = out / "results"
    references = given("reference").split()
    inputs = [
        given("image_topic") + ("/compressed" if given("compressed") == "true" else ""),
        given("camera_info_topic") or f"{given('image_topic').rpartition('/')[0]}/camera_info",
        *(topic.partition(":")[0] for topic in references),
    ]
    recorder = _recorder(results, inputs)
    player = _player(given("bag"), given("rate"), given("delay"), inputs)
    report = _report(results, inputs[0], references, out)
    close = EmitEvent(event=ShutdownProcess(process_matcher=matches_action(recorder)))
    out.mkdir(parents=True, exist_ok=True)
    return [
        recorder,
        _node(),
        RegisterEventHandler(_when_ready(player)),
        RegisterEventHandler(
            OnProcessExit(target_action=player, on_exit=[TimerAction(period=LAST_IMAGES_S, actions=[close])])
        ),
        RegisterEventHandler(OnProcessExit(target_action=recorder, on_exit=[report])),
        RegisterEventHandler(
            OnProcessExit(target_action=report, on_exit=[EmitEvent(event=Shutdown(reason="the report is written"))])
        ),
    ]


def _when_ready(player: ExecuteProcess) -> OnProcessIO:
    """Starts the player when the node says that it waits for images.

    The node's transition event would be the natural sign, but it is sent once, perhaps before this process listens.
    """
    started: list[ExecuteProcess] = []

    def read(event: ProcessIO) -> list[ExecuteProcess] | None:
        if started or READY not in event.text:
            return None
        started.append(player)
        return started

    return OnProcessIO(on_stdout=read, on_stderr=read)


def _node() -> IncludeLaunchDescription:
    """The node as hand_recon.launch.py starts it, on the player's clock."""
    launch = Path(get_package_share_directory(PACKAGE)) / "launch" / "hand_recon.launch.py"
    passed = ("image_topic", "camera_info_topic", "compressed", "device", "params_file")
    arguments = [(name, LaunchConfiguration(name)) for name in passed]
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(launch)), launch_arguments=[*arguments, ("use_sim_time", "true")]
    )


def _player(bag: str, rate: str, delay: str, topics: list[str]) -> ExecuteProcess:
    """Only the inputs are played: a recording may hold results of an earlier run."""
    return ExecuteProcess(
        cmd=["ros2", "bag", "play", bag, "--clock", "100", "--rate", rate, "--delay", delay, "--topics", *topics],
        output="screen",
    )


def _recorder(results: Path, inputs: list[str]) -> ExecuteProcess:
    """Images too, for the report's pictures and to know which of them got no result; not the debug image."""
    outputs = [f"/{NODE_NAME}/{name}" for name in ("hands", "markers", "mesh_topology")]
    topics = "|".join([*inputs, *outputs, "/tf", "/tf_static"])
    command = ["ros2", "bag", "record", "--storage", "mcap", "--output", str(results), "--use-sim-time"]
    return ExecuteProcess(cmd=[*command, "--regex", f"^({topics})$"], output="screen")


def _report(results: Path, image_topic: str, references: list[str], out: Path) -> ExecuteProcess:
    command = ["ros2", "run", PACKAGE, "hand-recon", "report", str(results), "--out", str(out)]
    topics = ["--image-topic", image_topic, "--hands-topic", f"/{NODE_NAME}/hands"]
    compared = [word for topic in references for word in ("--reference", topic)]
    return ExecuteProcess(cmd=[*command, *topics, *compared], output="screen")
