"""The page itself: what is where, and what a click does."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from hand_recon_ros.types import HandFrame
from hand_recon_ros.web.results import (
    HAND_COLUMNS,
    JOINT_COLUMNS,
    ResultFiles,
    hand_rows,
    joint_rows,
    save_results,
    summary,
    viewing_distance,
)
from hand_recon_ros.web.sessions import SessionFiles
from hand_recon_ros.web.studio import MAX_HANDS, Choices, Studio
from hand_recon_ros.web.uploads import read_upload

TITLE = "hand_recon_ros"
INTRODUCTION = (
    f"# {TITLE}\nHands in a picture: 21 joints and a mesh each, in metres in the camera's frame. "
    "What you send is reconstructed on the computer that serves this page, and removed when you close it."
)
WAITING = 16
"""Pictures that may wait for the engine; more are refused with a message."""
REMEMBERED = 128
"""People of whom gradio keeps the state of the page."""
STALE_S = 1800
"""After so long, gradio removes files that are nobody's any more."""
FROM_CAMERA = (90.0, 90.0)
"""Angles of the viewer at which the meshes are seen as the camera sees them."""
DOWNLOADS = ("GLB", "OBJ", "JSON")
CAMERA_TROUBLE = """
<script>
addEventListener("unhandledrejection", ({reason}) => {
  const place = document.querySelector("#message");
  if (!place || !(reason instanceof DOMException)) return;
  const line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.textContent = `expected a camera, the browser has none for this page (${reason.message}); ` +
    "plug one in and allow its use, or send a picture";
  place.replaceChildren(line);
});
</script>
"""
"""gradio passes over a missing camera and a refused permission in silence; here they are said on the page."""


def build_page(studio: Studio, sessions: SessionFiles, examples: Sequence[Path], model: str) -> gr.Blocks:
    """The page over an engine that everybody shares.

    Args:
        studio: reconstructs.
        sessions: keeps the files of each person.
        examples: pictures to try.
        model: the one that is chosen at first.
    """

    def reconstruct(picture: str | None, name: str, most: float, camera: str | None, request: gr.Request) -> Any:
        if not picture:
            sessions.leave(str(request.session_hash))
            return nothing("")
        choices = Choices(name, int(most), camera or "")
        try:
            with sessions.run(str(request.session_hash), Path(picture)) as folder:
                upload = read_upload(Path(picture))
                frame = studio.reconstruct(upload.rgb, choices)
                files = save_results(folder, upload.name, upload.rgb, frame)
        except (ValueError, OSError, RuntimeError) as error:
            return nothing(str(error))
        return answer(frame, files, upload.remark)

    def leave(request: gr.Request) -> None:
        sessions.leave(str(request.session_hash))

    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(STALE_S, STALE_S)) as page:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(scale=2):
                picture = picture_input([sessions.uploads, *{file.resolve().parent for file in examples}])
                options = option_inputs(studio, model)
                again = gr.Button("Reconstruct", variant="primary", elem_id="reconstruct")
                add_examples(examples, picture)
            with gr.Column(scale=3):
                outputs = result_outputs()
        events = [picture.change, again.click]
        gr.on(events, reconstruct, [picture, *options], outputs, api_visibility="private", trigger_mode="always_last")
        page.unload(leave)
    page.state_session_capacity = REMEMBERED
    return page.queue(max_size=WAITING, default_concurrency_limit=1)


def picture_input(folders: Sequence[Path]) -> gr.Image:
    """Where a picture is dropped, taken or pasted.

    Its file comes as it was sent, so that what is wrong with it is said in our words, and only out of the folders: a
    mounted gradio takes the word of whoever names a file, or an address to download. A subclass would do, but gradio
    writes a .pyi beside the module of one.
    """
    picture = gr.Image(
        label="Picture",
        sources=["upload", "webcam", "clipboard"],
        webcam_options=gr.WebcamOptions(mirror=False),  # a mirrored right hand is a left one
        buttons=["fullscreen"],
        elem_id="picture",
        height=320,
    )
    move = picture.async_move_resource_to_block_cache

    async def move_sent(place: str | Path | None) -> str | None:
        if place is None or not any(folder in Path(place).resolve().parents for folder in folders):
            raise gr.Error("expected a picture that you sent; choose the file again")
        return await move(place)

    vars(picture).update(
        async_move_resource_to_block_cache=move_sent,
        preprocess=lambda payload: payload.path if payload else None,
    )
    return picture


def option_inputs(studio: Studio, model: str) -> list[Any]:
    """What may be chosen, in the order of Choices."""
    with gr.Accordion("Options", open=False):
        return [
            gr.Dropdown(list(studio.models()), value=model, label="Model", elem_id="model"),
            gr.Slider(1, MAX_HANDS, value=4, step=1, label="Most hands", elem_id="most"),
            gr.Textbox(
                label="Camera",
                placeholder="fx,fy,cx,cy in pixels; empty to assume a field of view",
                max_length=200,
                elem_id="camera",
            ),
        ]


def add_examples(examples: Sequence[Path], picture: gr.Image) -> None:
    """Pictures that a click puts in the place of one's own."""
    samples = [[str(file)] for file in examples]
    choice = gr.Dataset(components=[picture], samples=samples, label="Examples", elem_id="examples")
    # Only a value is given: an update of properties would make a new component.
    choice.click(lambda sample: sample[0], choice, picture, queue=False, api_visibility="private")


def result_outputs() -> list[Any]:
    """Where results are shown, in the order of `answer`."""
    message = gr.HTML(elem_id="message")
    with gr.Row():
        overlay = gr.Image(label="Overlay", interactive=False, buttons=["fullscreen"], elem_id="overlay")
        mesh = gr.Model3D(label="Meshes", interactive=False, height=360, elem_id="mesh")
    with gr.Row():
        downloads = [
            gr.DownloadButton(f"Download {kind}", interactive=False, elem_id=kind.lower(), size="sm")
            for kind in DOWNLOADS
        ]
    hands = gr.Dataframe(headers=list(HAND_COLUMNS), label="Hands", interactive=False, elem_id="hands")
    joints = gr.Dataframe(
        headers=list(JOINT_COLUMNS),
        label="Joints in the camera's frame: x right, y down, z forward",
        interactive=False,
        elem_id="joints",
    )
    return [message, overlay, mesh, hands, joints, *downloads]


def answer(frame: HandFrame, files: ResultFiles, remark: str) -> tuple[Any, ...]:
    """What is shown of a reconstructed picture."""
    glb, obj = (str(file) if file else None for file in (files.glb, files.obj))
    mesh = gr.Model3D(value=glb, camera_position=(*FROM_CAMERA, viewing_distance(frame)))
    downloads = [gr.DownloadButton(value=file, interactive=bool(file)) for file in (glb, obj, str(files.json))]
    text = _paragraph(summary(frame, remark), "status")
    return text, str(files.overlay), mesh, hand_rows(frame), joint_rows(frame), *downloads


def nothing(complaint: str) -> tuple[Any, ...]:
    """What is shown where there is no result, and why."""
    text = _paragraph(complaint, "alert") if complaint else ""
    return text, None, None, [], [], *(gr.DownloadButton(value=None, interactive=False) for _ in DOWNLOADS)


def _paragraph(text: str, role: str) -> str:
    return f'<p role="{role}">{html.escape(text)}</p>'
