import pickle
import struct
import sys
import types

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_matrix

from hand_recon_ros.hand_model import load_mano, repaired_left, skin
from hand_recon_ros.types import Side


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, which is how MANO's arrays are stored."""

    def save_string(self, data):
        self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(data)

    dispatch = {**pickle._Pickler.dispatch, bytes: save_string}  # noqa: RUF012


def shell(module, name):
    """A class under the name that real files give it; its instances keep what they are given, as chumpy's do."""
    return type(name, (), {"__module__": module, "__init__": lambda self, **state: self.__dict__.update(state)})


@pytest.fixture
def chumpy(monkeypatch):
    """The classes Ch and Select, which can be pickled while their modules seem to exist."""
    names = {"Ch": "chumpy.ch", "Select": "chumpy.reordering"}
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    for name, module in names.items():
        stand_in = types.ModuleType(module)
        setattr(stand_in, name, shell(module, name))
        monkeypatch.setitem(sys.modules, module, stand_in)
    return types.SimpleNamespace(**{name: getattr(sys.modules[module], name) for name, module in names.items()})


def write(path, fields, pickler=pickle._Pickler, protocol=2):
    with open(path, "wb") as file:
        pickler(file, protocol).dump(fields)
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("sparse", [np.asarray, csc_matrix, csr_matrix])
def test_every_protocol_and_sparse_kind(tmp_path, mano_fields, protocol, sparse):
    fields = {**mano_fields, "J_regressor": sparse(mano_fields["J_regressor"])}
    hand = load_mano(write(tmp_path / "MANO_RIGHT.pkl", fields, protocol=protocol))
    assert (hand.name, hand.side) == ("mano", Side.RIGHT)
    assert hand.template == pytest.approx(mano_fields["v_template"], abs=1e-7)
    assert hand.joint_regressor == pytest.approx(mano_fields["J_regressor"], abs=1e-7)
    assert hand.parents[:3].tolist() == [-1, 0, 1]
    assert hand.faces.dtype == np.int32 and (hand.faces == mano_fields["f"]).all()


def test_a_file_as_python_2_and_chumpy_wrote_it(tmp_path, mano_fields, chumpy):
    shapes = mano_fields["shapedirs"]
    reverse = np.arange(shapes.size).reshape(shapes.shape)[:, :, ::-1].ravel()
    backwards = chumpy.Ch(x=shapes[:, :, ::-1], _dirty_vars=set(), _itr=None)
    fields = {
        **mano_fields,
        "J_regressor": csc_matrix(mano_fields["J_regressor"]),
        "v_template": chumpy.Ch(x=mano_fields["v_template"], _dirty_vars=set(), _itr=None),
        "shapedirs": chumpy.Select(a=backwards, idxs=reverse, preferred_shape=shapes.shape),
        "posedirs": np.asfortranarray(mano_fields["posedirs"].astype(">f8")),
    }
    hand = load_mano(write(tmp_path / "mano_left.pkl", fields, Python2Pickler))
    assert hand.side == Side.LEFT
    assert hand.template == pytest.approx(mano_fields["v_template"], abs=1e-7)
    assert hand.shape_directions == pytest.approx(shapes, abs=1e-7)
    assert hand.pose_directions == pytest.approx(mano_fields["posedirs"], abs=1e-7)


def test_joints_are_linear_in_the_shape_as_regressed(tmp_path, mano_fields):
    hand = load_mano(write(tmp_path / "MANO_RIGHT.pkl", mano_fields))
    betas = np.arange(10) / 5
    shaped = mano_fields["v_template"] + mano_fields["shapedirs"] @ betas
    expected = mano_fields["J_regressor"] @ shaped
    assert hand.joints_template + hand.joint_directions @ betas == pytest.approx(expected, abs=1e-6)


def test_it_can_be_skinned(tmp_path, mano_fields):
    hand = load_mano(write(tmp_path / "MANO_RIGHT.pkl", mano_fields))
    rest = np.tile(np.eye(3, dtype=np.float32), (16, 1, 1))
    vertices, joints = skin(hand, rest, np.zeros(10, np.float32))
    assert vertices == pytest.approx(hand.template, abs=1e-6)
    assert joints[20] == pytest.approx(hand.template[673], abs=1e-6)


def test_fingertips_follow_the_published_networks_or_the_caller(tmp_path, mano_fields):
    path = write(tmp_path / "MANO_RIGHT.pkl", mano_fields)
    assert load_mano(path).tip_vertices.tolist() == [745, 317, 444, 556, 673]
    assert load_mano(path, Side.LEFT).tip_vertices.tolist() == [745, 317, 445, 556, 673]
    assert load_mano(path, tip_vertices=[744, 320, 443, 555, 672]).tip_vertices.tolist() == [744, 320, 443, 555, 672]
    with pytest.raises(ValueError, match="five fingertip vertices under 778"):
        load_mano(path, tip_vertices=[744, 320, 443, 555, 778])


def test_the_side_comes_from_the_name_or_the_caller(tmp_path, mano_fields):
    path = write(tmp_path / "hand.pkl", mano_fields)
    assert load_mano(path, Side.LEFT).side == Side.LEFT
    with pytest.raises(ValueError, match="say which side"):
        load_mano(path)


def test_only_an_unmirrored_left_hand_is_repaired(tmp_path, mano_fields):
    flip = np.array([-1, 1, 1])[:, None]
    shapes = mano_fields["shapedirs"]
    right = load_mano(write(tmp_path / "MANO_RIGHT.pkl", mano_fields))
    broken = load_mano(write(tmp_path / "MANO_LEFT.pkl", {**mano_fields, "shapedirs": 1.00001 * shapes}))
    sound = load_mano(write(tmp_path / "good_left.pkl", {**mano_fields, "shapedirs": shapes * flip}))
    assert repaired_left(broken, right).shape_directions == pytest.approx(broken.shape_directions * flip)
    assert repaired_left(broken, right).joint_directions == pytest.approx(broken.joint_directions * flip)
    assert repaired_left(sound, right) is sound


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"v_template": None}, "v_template"),
        ({"shapedirs": np.zeros((778, 3, 20))}, r"shapedirs of shape \(778, 3, 10\)"),
        ({"weights": None}, "weights .* got nothing"),
        ({"posedirs": np.full((778, 3, 135), np.nan)}, "finite posedirs"),
        ({"f": np.full((1538, 3), 778)}, "faces between vertices 0 and 777"),
        ({"f": "none"}, "f of shape"),
        ({"kintree_table": np.zeros((2, 16), np.uint32) + 5}, "parent before it"),
        ({"v_template": np.zeros((30_000, 3))}, "v_template"),
    ],
)
def test_wrong_fields_are_named(tmp_path, mano_fields, change, complaint):
    path = write(tmp_path / "MANO_RIGHT.pkl", {**mano_fields, **change})
    with pytest.raises(ValueError, match=complaint):
        load_mano(path)


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_mano(tmp_path / "MANO_RIGHT.pkl")
