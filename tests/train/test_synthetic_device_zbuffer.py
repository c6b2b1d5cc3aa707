"""The z-buffer for devices against the compiled one, and its kernel against PyTorch's own operations."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from hand_recon_train.synthetic.device.zbuffer import NOTHING, decoded, planes_of, rasterise
from hand_recon_train.synthetic.drawing import Drawing, Recipe
from hand_recon_train.synthetic.solids import box, cylinder, joined, shifted, sphere
from hand_recon_train.synthetic.views import pixels_of
from hand_recon_train.synthetic.zbuffer import rasterise as rasterise_one

SIZE, FACES_ALIKE = 96, 0.999
"""Pixels of a picture, each of two by two samples, and the share of samples that must show the same face."""


def test_faces_and_nearness_agree_with_the_compiled_z_buffer():
    draw = Drawing(Recipe(seed=21, size=SIZE, poor_cameras=False))
    for shot in map(draw, range(12)):
        scene, (points, nearness) = shot.scene, pixels(shot)
        face, nearest = rasterise_one(points, nearness, scene.faces, (2 * SIZE, 2 * SIZE))
        faces = torch.from_numpy(scene.faces)
        planes = planes_of(*map(torch.from_numpy, (points, nearness)), faces, torch.zeros(len(faces)), face.shape)
        (found,), (near,) = rasterise(planes, 1, face.shape)
        assert (found.numpy() == face).mean() > FACES_ALIKE
        assert np.allclose(near[found == torch.from_numpy(face)], nearest[found.numpy() == face], rtol=1e-6)


def pixels(shot):
    points, nearness = pixels_of(shot.view.camera, shot.scene.vertices)
    return 2 * (points + 0.5) - 0.5, nearness


def test_faces_behind_the_camera_and_turned_away_are_not_seen():
    points = torch.tensor([[2.0, 2], [2, 20], [20, 2]], dtype=torch.float64)
    near, picture = torch.ones(3, dtype=torch.float64), torch.zeros(1)
    front, flipped = torch.tensor([[0, 1, 2]]), torch.tensor([[0, 2, 1]])

    def seen(faces, nearness=near, facing=1):
        (face,), _ = rasterise(planes_of(points, nearness, faces, picture, (24, 24), facing), 1, (24, 24))
        return int((face == 0).sum()), int((face == NOTHING).sum())

    assert seen(front) == (190, 24 * 24 - 190)  # 19 * 20 / 2 centres, edges included
    assert seen(flipped) == (0, 24 * 24)
    assert seen(flipped, facing=-1)[0] == 190
    assert seen(front, near * torch.nan)[0] == 0
    assert seen(front[:0])[1] == 24 * 24


def solids():
    """A few hundred faces over one another, some beyond the borders, in two pictures."""
    vertices, faces = joined(box((16, 12, 9), 2), shifted(sphere(9, 10), 4, 3, 2), shifted(cylinder(3, 40, 8), 9, 9, 0))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    points = vertices @ (turn * np.sign(np.linalg.det(turn))).T + (16, 12, 60)
    both = torch.from_numpy(np.concatenate([faces, faces[::-1]]))
    picture = torch.arange(2).repeat_interleave(len(faces))
    return planes_of(torch.from_numpy(points[:, :2]), torch.from_numpy(1 / points[:, 2]), both, picture, (28, 32))


def test_the_kernel_s_loop_gives_the_same_keys(tmp_path):
    """In Triton's interpreter, in a process of its own, because it is chosen when Triton is loaded."""
    pytest.importorskip("triton")
    planes, file = solids(), tmp_path / "planes.pt"
    torch.save(list(planes), file)
    script = (
        "import sys, torch\n"
        "from hand_recon_train.synthetic.device import kernel, zbuffer\n"
        "planes = zbuffer.Planes(*torch.load(sys.argv[1], weights_only=True))\n"
        "keys = torch.zeros((2, 28, 32), dtype=torch.int64)\n"
        "kernel.fill(planes, keys)\n"
        "torch.save(keys, sys.argv[1])\n"
    )
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    subprocess.run([sys.executable, "-c", script, str(file)], check=True, env=environment, timeout=300)
    face, nearest = rasterise(planes, 2, (28, 32))
    theirs, near = decoded(torch.load(file, weights_only=True))
    assert 100 < (face >= 0).sum() < face.numel()
    assert torch.equal(theirs, face) and torch.equal(near, nearest)


def test_the_kernel_compiles_for_gpus():
    """As far as machine code of an H100 or H200, which needs no such device."""
    pytest.importorskip("triton", minversion="3.4")
    from triton import compile as compile_kernel
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from hand_recon_train.synthetic.device.kernel import TILE, _fill_face

    kinds = dict(
        zip(_fill_face.arg_names, ["*i32", "*fp32", "*fp64", "*i32", "*i64", "i32", "i32", "fp32", "i32"], strict=False)
    )
    kinds |= {"ROWS": "constexpr", "COLUMNS": "constexpr"}
    source = ASTSource(_fill_face, kinds, {"ROWS": TILE[0], "COLUMNS": TILE[1]})
    compiled = compile_kernel(source, GPUTarget("cuda", 90, 32), {"num_warps": 1})
    assert "max.s64" in compiled.asm["ptx"]
