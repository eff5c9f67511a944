"""`.ts` files of time series: axes, classes in the order of the header, and refusals by line."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.frontend.data.read import Wanted, read_recording

HEAD = "# a remark\n@problemName P\n@classLabel true run rest\n@data\n"


def read(folder, text):
    path = folder / "a.ts"
    path.write_text(text)
    return read_recording(path)


def test_channels_are_the_last_axis_and_classes_are_counted_as_listed(tmp_path):
    found = read(tmp_path, HEAD + "1,2,3:4,5,-6:rest\n\n7,8,9:0.5,0,1e1:run\n")
    expected = [[[1, 4], [2, 5], [3, -6]], [[7, 0.5], [8, 0], [9, 10]]]
    assert np.array_equal(found.data.values, expected)
    assert found.data.timed is True
    assert found.labels.tolist() == [1, 0]
    assert found.digests[0][0] == "data"


def test_a_layout_is_refused(tmp_path):
    (tmp_path / "a.ts").write_text(HEAD + "1,2:run\n")
    with pytest.raises(InputError, match="axes of their own"):
        read_recording(tmp_path / "a.ts", wanted=Wanted(layout="BTF"))


def test_without_classes_there_are_no_labels(tmp_path):
    found = read(tmp_path, "@classLabel false\n@data\n1,2:3,4\n")
    assert found.labels is None
    assert found.data.values.shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "1,2:3,4:walk\n", "line 5: class 'walk' is none of run, rest"),
        (HEAD + "1,2:3,4:run\n1,2,3:4,5,6:run\n", "line 6: 2 channels of 3 values, but the first sample has 2 chan"),
        (HEAD + "1,?:3,4:run\n", "line 5: could not convert .*missing values"),
        (HEAD + "1,2:3:run\n", "line 5: channels have 2, 1 values"),
        ("1,2:3,4:run\n", "line 1: values before @data"),
        (HEAD, "holds no samples after @data"),
        (HEAD + "1,nan:3,4:run\n", "not finite"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, text)
