import os
import pickle
import pickletools

import numpy as np
import pytest

from hand_recon_ros.hand_model import array_pickle
from hand_recon_ros.hand_model.array_pickle import read_arrays, read_tree

CORE = np.zeros(1).__reduce__()[0].__module__


class Call:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def touch(path):
    path.touch()


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "arrays.pkl"
        path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, 2))
        return path

    return write


def test_arrays_come_back_whatever_their_type_and_order(written):
    arrays = {
        "double": np.linspace(0, 1, 12).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
        "big": np.arange(5, dtype=">u4"),
        "flag": np.array([True, False]),
        "scalar": np.float64(3.5),
        "empty": np.zeros((0, 3)),
    }
    found = read_arrays(written(arrays))
    for name, array in arrays.items():
        assert np.array_equal(found[name], array) and found[name].shape == array.shape


def test_texts_and_numbers_come_as_text_and_the_rest_is_left_out(written):
    assert read_arrays(written({"a": "lbs", "b": 3, "c": [1, None], "d": None, "e": {1, 2}})) == {"a": "lbs", "b": "3"}


def test_lists_of_arrays_come_one_by_one(written):
    found = read_arrays(written({"levels": [np.zeros(2), np.ones(3)]}))
    assert {name: value.tolist() for name, value in found.items()} == {"levels.0": [0, 0], "levels.1": [1, 1, 1]}


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("what", ["system", "method", "eval", "nested", "getattr"])
def test_nothing_that_a_file_names_is_run(tmp_path, protocol, what):
    mark = tmp_path / "ran"
    attacks = {
        "system": Call(os.system, f"touch {mark}"),
        "method": Call(touch, mark),
        "eval": Call(eval, f"open({str(mark)!r}, 'w')"),
        "nested": {"v_template": [np.zeros(3), Call(os.mkdir, str(mark))]},
        "getattr": Call(getattr, Call(getattr, np.zeros(1), "__class__"), "__subclasses__"),
    }
    path = tmp_path / "arrays.pkl"
    path.write_bytes(pickle.dumps({"x": attacks[what]}, protocol))
    with pytest.raises(ValueError, match="which no file of arrays needs"):
        read_arrays(path)
    assert not mark.exists()


HOSTILE = {
    "not a pickle": b"PK\x03\x04 a zip file",
    "text": b"hello",
    "empty": b"",
    "only a stop": b".",
    "no dictionary": pickle.dumps([1, 2], 2),
    "objects": pickle.dumps({"a": np.array([{}], object)}, 2),
    "record type": pickle.dumps({"a": np.zeros(2, [("x", "f4")])}, 2),
    "persistent id": b"\x80\x02Pos.system\n.",
    "extension": b"\x80\x02\x82\x01.",
    "huge memo number": b"\x80\x02}r\xff\xff\xff\x7f.",
    "huge text memo number": b"}p99999999999\n.",
    "huge bytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "array of a class": f"\x80\x02c{CORE}\n_reconstruct\nU\x01bK\x00\x85U\x01b\x87R.".encode("latin1"),
    "array without a state": b"\x80\x02}U\x01acnumpy\nndarray\n)\x81s.",
    "array of a short state": b"\x80\x02}U\x01acnumpy\nndarray\n)\x81K\x01\x85bs.",
    "state of a class": b"\x80\x02cnumpy\nndarray\n}U\x05valueK\x01sb.",
    "foreign encoding": b"\x80\x02}U\x01ac_codecs\nencode\nU\x01xU\x05zlib_\x86Rs.",
    "endless recursion": b"\x80\x02" + b"(" * 20_000 + b"t" * 20_000 + b".",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_and_hostile_files_get_one_sentence(written, name):
    with pytest.raises(ValueError, match="expected a pickled dictionary of arrays in") as caught:
        read_arrays(written(HOSTILE[name]))
    assert "\n" not in str(caught.value)


def test_a_file_cut_anywhere_is_refused(written):
    whole = pickle.dumps({"a": np.arange(4), "b": "text"}, 2)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="expected a pickled dictionary"):
            read_arrays(written(whole[:length]))


def test_any_changed_byte_is_an_answer_or_a_sentence(written):
    whole = bytearray(pickle.dumps({"a": np.arange(4), "b": "text"}, 2))
    rng = np.random.default_rng(0)
    for _ in range(400):
        changed = whole.copy()
        changed[rng.integers(len(whole))] = rng.integers(256)
        try:
            read_arrays(written(bytes(changed)))
        except ValueError as error:
            assert "expected a pickled dictionary" in str(error)


def test_shells_cannot_be_changed_by_a_file(written):
    before = {shell: dict(vars(shell)) for shell in array_pickle.ADMITTED.values()}
    for name in array_pickle.ADMITTED:
        module, _, attribute = name.rpartition(".")
        attack = f"\x80\x02c{module}\n{attribute}\nN}}U\x05valueK\x01s\x86b.".encode("latin1")
        list(pickletools.genops(attack))
        with pytest.raises(ValueError, match="expected a pickled dictionary"):
            read_arrays(written(attack))
    assert before == {shell: dict(vars(shell)) for shell in array_pickle.ADMITTED.values()}


def test_a_sparse_matrix_cannot_ask_for_much_memory(written):
    from scipy.sparse import csc_matrix

    matrix = csc_matrix(np.eye(3))
    matrix._shape = (2**31, 2**31)
    with pytest.raises(ValueError, match="small sparse matrix"):
        read_arrays(written({"J_regressor": matrix}))


def test_the_size_of_a_file_is_bounded(written, monkeypatch):
    monkeypatch.setattr(array_pickle, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="at most 0 MiB"):
        read_arrays(written({"a": np.zeros(1000)}))


def test_a_tree_comes_back_as_it_is_nested(written):
    tree = {
        7: {"xyz": np.eye(3), "name": "mug", "label": 3, "ratio": np.float32(0.5)},
        "list": [np.arange(3), None, ("a", 1.5)],
    }
    found = read_tree(written(tree))
    assert np.array_equal(found[7]["xyz"], np.eye(3)) and found[7]["ratio"] == 0.5
    assert (found[7]["name"], found[7]["label"]) == ("mug", 3)
    assert found["list"][0].tolist() == [0, 1, 2] and found["list"][1:] == [None, ("a", 1.5)]


def test_arrays_of_texts_in_a_tree_are_left_empty(written):
    tree = {"names": np.array(["a", "b"]), "objects": np.array([None, {}]), "ids": {1, 2}, "xyz": np.zeros(3)}
    assert {key for key, value in read_tree(written(tree)).items() if value is None} == {"names", "objects", "ids"}


def test_a_tree_of_doubled_lists_is_not_unfolded(written):
    tree = [np.zeros(1)]
    for _ in range(60):
        tree = [tree, tree]
    assert len(read_tree(written(tree))) == 2


@pytest.mark.parametrize("read", [read_arrays, read_tree])
def test_a_tree_runs_nothing_and_is_bounded(written, tmp_path, read):
    path = written({"a": Call(touch, tmp_path / "ran")})
    with pytest.raises(ValueError, match="no file of arrays needs"):
        read(path)
    assert not (tmp_path / "ran").exists()
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="expected a pickle"):
        read(written(endless))


def test_a_tree_may_be_larger_where_its_reader_says_so(written):
    path = written(np.zeros(2**18))
    assert len(read_tree(path, max_bytes=2**22)) == 2**18
    with pytest.raises(ValueError, match="at most 1 MiB"):
        read_tree(path, max_bytes=2**20)
