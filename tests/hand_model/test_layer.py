import copy
import subprocess
import sys
import warnings

import onnxruntime
import pytest
import torch

from hand_recon_ros.hand_model import axis_angle_to_matrix, skin
from hand_recon_ros.hand_model.layer import HandLayer


@pytest.fixture(scope="module")
def layer(hand):
    return HandLayer(hand).eval()


def inputs(count, dtype=torch.float32, device="cpu"):
    draw = torch.manual_seed(3)
    pose, betas, translation = (torch.randn(count, k, generator=draw, dtype=torch.float64) for k in (48, 10, 3))
    return tuple(x.to(device, dtype) for x in (0.4 * pose, betas, translation))


def test_axis_angles_and_rotations_are_the_same_pose(layer):
    pose, betas, translation = inputs(2)
    rotations = axis_angle_to_matrix(pose.reshape(2, 16, 3))
    for a, b in zip(layer(pose, betas, translation), layer(rotations, betas, translation), strict=True):
        torch.testing.assert_close(a, b)


def test_agrees_with_numpy(layer, hand):
    pose, betas, translation = (x.numpy() for x in inputs(3))
    expected = skin(hand, axis_angle_to_matrix(pose.reshape(3, 16, 3)), betas, translation)
    for found, wanted in zip(layer(*inputs(3)), expected, strict=True):
        assert found.numpy() == pytest.approx(wanted, abs=1e-6)


def test_derivatives_agree_with_differences(layer):
    double = copy.deepcopy(layer).double()
    arguments = [x.requires_grad_() for x in inputs(1, torch.float64)]

    def few_points(pose, betas, translation):
        vertices, joints = double(pose, betas, translation)
        return vertices[:, ::97], joints

    assert torch.autograd.gradcheck(few_points, arguments)


def test_rest_pose_has_finite_derivatives(layer):
    pose = torch.zeros(1, 48, requires_grad=True)
    layer(pose, torch.zeros(1, 10))[0].square().sum().backward()
    assert torch.isfinite(pose.grad).all() and pose.grad.abs().max() > 0


def test_onnx_runtime_gives_the_same_for_any_batch(layer, tmp_path):
    path = tmp_path / "hand.onnx"
    many = torch.export.Dim("hands")
    shapes = {name: {0: many} for name in ("pose", "betas", "translation")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(layer, inputs(2), dynamo=True, dynamic_shapes=shapes, verbose=False)
    program.save(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count in (1, 5):
        feeds = dict(zip((x.name for x in session.get_inputs()), (x.numpy() for x in inputs(count)), strict=True))
        for found, wanted in zip(session.run(None, feeds), layer(*inputs(count)), strict=True):
            assert found == pytest.approx(wanted.numpy(), abs=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_cuda_gives_the_same(layer, hand):
    on_gpu = HandLayer(hand).cuda()
    for found, wanted in zip(on_gpu(*inputs(4, device="cuda")), layer(*inputs(4)), strict=True):
        torch.testing.assert_close(found.cpu(), wanted, atol=1e-5, rtol=0)


def test_the_rest_of_the_package_needs_no_torch():
    code = "import sys, hand_recon_ros.hand_model as h; h.load_free_hand(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
