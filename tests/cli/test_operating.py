"""Pulse, pace and air on the command line: exit 2 for what cannot be, one point for compile, report and verify."""

import json

import pytest

import snnmap


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("--pulse", "2s"), "pulse"),
        (("--pulse", "5 V"), "pulse"),
        (("--pace", "1e12"), "pace"),
        (("--pace", "quick"), "pace"),
        (("--ambient", "-400degC"), "ambient"),
    ],
)
@pytest.mark.parametrize("command", ["compile", "compare"])
def test_what_cannot_be_is_one_line_and_exit_2(run, recipe, chip, command, given, word):
    code, out, err = run(command, recipe, "--hw", chip, "-q", *given)
    assert (code, out) == (2, "")
    assert err.startswith(f"snnmap: error: {word}")
    assert len(err.splitlines()) == 1


def test_report_and_verify_are_at_the_recorded_point(run, recipe, chip, tmp_path):
    file = tmp_path / "mapping.json"
    point = ("--pulse", "1us", "--pace", "400", "--ambient", "25degC")
    code, out, err = run("compile", recipe, "--hw", chip, "-o", file, "--json", "-q", *point)
    assert (code, err) == (0, "")
    told = json.loads(out)
    recorded = snnmap.load(file).origin.point
    assert (recorded.pulse, recorded.step_time, recorded.ambient) == (1e-6, 1 / 400, 298.15)
    assert run("verify", file, "-q")[0] == 0
    code, out, _ = run("report", file, "--json", "-q")
    assert code == 0
    found = json.loads(out)
    assert all(found[name] == value for name, value in told.items() if name.startswith(("device", "espine", "energy")))
    assert not any(entry["quantity"] == "read_time" for entry in found["sensitivity"].get("energy_J", []))


def test_report_at_another_point(run, recipe, chip, tmp_path):
    file = tmp_path / "mapping.json"
    run("compile", recipe, "--hw", chip, "-o", file, "-q", "--ambient", "300")
    base, moved = (json.loads(run("report", file, "--json", "-q", *given)[1]) for given in ((), ("--pulse", "1us")))
    assert moved["energy_array_J"] == pytest.approx(10 * base["energy_array_J"], rel=1e-6)
    assert abs(moved["device_temperature_average_K"] - 300.0) < 0.1, "what is not given stays as recorded"
    for given in (("--pulse", "9s"), ("--pace", "1e12"), ("--pace", "flat-out", "--quick")):
        code, out, err = run("report", file, "-q", *given)
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1


def test_compare_says_at_which_pace(run, recipe, chip):
    common = ("compare", recipe, "--hw", chip, "-q", "--objectives", "traffic")
    assert "flat-out" in run(*common, "--pace", "flat-out")[1]
    assert "50 steps per second" in run(*common, "--pace", "50")[1]
    found = json.loads(run(*common, "--pace", "50", "--pulse", "1us", "--json")[1])
    assert found["pace"] == "50"
