"""NIR data files as `nir` itself writes them, read back without `nir`."""

import nir
import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.frontend.data.nirdata import is_nirdata, read_nirdata
from snnmap.frontend.data.read import Wanted, read_recording


def written(tmp_path, name="d.nir", **nodes):
    path = tmp_path / name
    nir.write_data(path, nir.NIRGraphData(nodes={k: nir.NIRNodeData(observables=v) for k, v in nodes.items()}))
    return path


def gridded(values, dt=2e-3):
    return nir.TimeGriddedData(np.asarray(values), dt)


EVENTS = nir.EventData(
    np.array([[2, 0, -1], [1, -1, -1]]), np.array([[0.1, 0.3, np.inf], [0.2, np.inf, np.inf]]), 3, 0.5
)


def test_gridded_spikes_and_values(tmp_path):
    path = written(tmp_path, a={"spikes": gridded(np.eye(3, dtype=bool)[None])}, b={"v": gridded(np.ones((1, 3, 2)))})
    assert is_nirdata(path)
    found, digest = read_nirdata(path)
    assert len(digest) == 64
    assert found["a"].data.spiking
    assert found["a"].data.dt == 2e-3
    np.testing.assert_array_equal(found["a"].data.values[0], np.eye(3))
    assert not found["b"].data.spiking


def test_events_without_their_empty_slots(tmp_path):
    data = read_nirdata(written(tmp_path, a={"spikes": EVENTS}))[0]["a"].data
    assert data.frame.tolist() == [0, 2, 3]
    assert data.time.tolist() == [0.1, 0.3, 0.2]
    assert data.coordinates[0].tolist() == [2, 0, 1]
    assert (data.features, data.duration) == (3, 0.5)


def test_an_index_of_minus_one_is_an_empty_slot_whatever_its_time(tmp_path):
    events = nir.EventData(np.array([[1, -1]]), np.array([[0.1, 0.2]]), 3, 0.5)
    assert read_nirdata(written(tmp_path, a={"spikes": events}))[0]["a"].data.time.tolist() == [0.1]


def test_values_of_events(tmp_path):
    events = nir.ValuedEventData(EVENTS.idx, EVENTS.time, 3, 0.5, value=np.array([[1.5, 2, 0], [3, 0, 0]]))
    assert read_nirdata(written(tmp_path, a={"spikes": events}))[0]["a"].data.value.tolist() == [1.5, 2, 3]


def test_the_node_of_the_input_is_chosen(tmp_path):
    ones, twos = gridded(np.ones((1, 2, 3))), gridded(2 * np.ones((1, 2, 3)))
    path = written(tmp_path, input={"spikes": ones}, other={"spikes": twos})
    assert read_recording(path).data.values.max() == 1
    assert read_recording(path, wanted=Wanted(nodes=["other"])).data.values.max() == 2
    path = written(tmp_path, a={"spikes": ones}, b={"spikes": ones})
    with pytest.raises(InputError, match=r"holds data of \['a', 'b'\]"):
        read_recording(path)
    path = written(tmp_path, a={"u": ones, "v": ones})
    with pytest.raises(InputError, match="none is called 'spikes' or 'input'"):
        read_recording(path)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    good = written(tmp_path, a={"spikes": EVENTS}).read_bytes()
    path = tmp_path / "bad.nir"
    for cut in (9, 100, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:cut])
        with pytest.raises(InputError, match=r"bad\.nir"):
            read_recording(path)
    nir.write(path, nir.NIRGraph.from_list(nir.Linear(np.ones((1, 1)))))
    assert not is_nirdata(path)
    with pytest.raises(InputError, match="is a network, not data"):
        read_recording(path)


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_give_one_error_or_data(tmp_path, seed):
    path = written(tmp_path, a={"spikes": EVENTS})
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for at in rng.integers(8, len(content), 20):
        content[at] = rng.integers(256)
    path.write_bytes(content)
    try:
        data = read_recording(path).data
    except InputError as error:
        message = str(error)
    else:
        message = f"{path} {data.samples}"
    assert str(path) in message


@pytest.mark.parametrize(
    "events",
    [
        nir.EventData(np.array([[5]]), np.array([[0.1]]), 3, 0.5),
        nir.EventData(np.array([[1]]), np.array([[-0.1]]), 3, 0.5),
        nir.EventData(np.array([[1]]), np.array([[0.1]]), 3, 0.0),
        nir.EventData(np.array([[1.5]]), np.array([[0.1]]), 3, 0.5),
    ],
)
def test_impossible_events_are_refused(tmp_path, events):
    with pytest.raises(InputError, match=r"node 'a'"):
        read_nirdata(written(tmp_path, a={"spikes": events}))
