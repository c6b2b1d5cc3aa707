"""Elements of JSON files found by scanning are those that parsing the whole file gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hand_recon_train.datasets import json_index
from hand_recon_train.datasets.json_index import json_list, json_lists, json_table

TEXT = st.text(st.characters(codec="ascii"), max_size=8)
VALUE = st.recursive(
    st.none() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
KEYS = st.text("abc{}[],: 0", min_size=1, max_size=5)
CONTAINER = st.lists(VALUE, max_size=3) | st.dictionaries(TEXT, VALUE, max_size=3)
COMMON = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=[5, 1 << 23], ids=["small chunks", "one chunk"])
def written(tmp_path, monkeypatch, request):
    """A function that writes JSON; it is then read in chunks that cut texts and brackets, or at once."""
    monkeypatch.setattr(json_index, "CHUNK", request.param)

    def write(content, **style):
        path = tmp_path / "content.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, **style))
        return path

    return write


@COMMON
@given(content=st.lists(CONTAINER, min_size=1, max_size=5), indent=st.sampled_from([None, 1]))
def test_a_list_row_by_row(written, content, indent):
    rows = json_list(written(content, indent=indent), "the data set")
    assert len(rows) == len(content) and list(rows) == content
    assert [rows[k] for k in range(len(rows))] == content


@COMMON
@given(content=st.dictionaries(KEYS, st.lists(CONTAINER, max_size=3), min_size=1, max_size=4))
def test_lists_under_names(written, content):
    found = json_lists(written(content), "the data set", *content)
    assert [list(rows) for rows in found] == list(content.values())


@COMMON
@given(content=st.dictionaries(KEYS, st.dictionaries(KEYS, CONTAINER, max_size=3), min_size=1, max_size=3))
def test_a_table_by_its_two_keys(written, content):
    rows, table = json_table(written(content), "the data set", "frame")
    found = {keys: rows[row] for keys, row in table.items()}
    assert found == {(outer, inner): value for outer, part in content.items() for inner, value in part.items()}


@pytest.mark.parametrize("cut", ["", "[", "[[1, 2], [3", '[["a', "7", "[[1]]]"])
def test_a_file_that_is_cut_off_is_named(written, cut):
    path = written(cut)
    with pytest.raises(ValueError, match=r"content\.json, it is cut off"):
        json_list(path, "the data set")


def test_a_missing_list_is_named_with_those_that_are_there(written):
    with pytest.raises(ValueError, match=r"expected the list 'annotations' in .*content.json, got images, info"):
        json_lists(written({"images": [{}], "info": {"year": 2020}}), "the data set", "images", "annotations")


def test_a_row_that_is_no_json_is_named(written):
    rows = json_list(written("[[1], [1 2]]"), "the data set")
    assert rows[0] == [1]
    with pytest.raises(ValueError, match=r"expected JSON in .*content.json, entry 1"):
        rows[1]
