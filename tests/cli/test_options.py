"""Options that all commands share: an option that takes one value is refused when it is given two."""

from collections.abc import Iterator

import click
import pytest

from snnmap.cli import cli


def _commands(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, each in command.commands.items():
        yield from _commands((*path, name), each)


ONCE = [
    (path, option)
    for path, command in _commands((), cli)
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag and not option.multiple
]


@pytest.mark.parametrize(("path", "option"), ONCE, ids=[f"{' '.join(p)} {o.opts[0]}" for p, o in ONCE])
def test_an_option_of_one_value_given_twice_is_refused(run, path, option) -> None:
    value = "x" if option.nargs == 1 else ("x",) * option.nargs
    code, out, err = run(*path, option.opts[0], value, option.opts[-1], value)
    assert (code, out) == (2, "")
    assert err.startswith(f"snnmap: error: '{option.opts[0]}")
    assert "is given 2 times, and takes one value: give it once" in err
    assert len(err.splitlines()) == 1


def test_every_kind_of_option_is_among_them() -> None:
    named = {(*path, option.opts[0]) for path, option in ONCE}
    assert {("compile", "--technology"), ("hardware", "show", "--technology"), ("report", "--pulse")} <= named
    assert len(ONCE) > 50


@pytest.mark.parametrize("twice", [("--multispike", "--single-spike"), ("--single-spike", "--single-spike")])
def test_both_sides_of_a_choice_are_refused(run, twice) -> None:
    code, _, err = run("compile", "mnist-mlp", *twice)
    assert code == 2
    assert "'--multispike/--single-spike' is given 2 times" in err


def test_options_that_may_be_repeated_still_may_be(run, recipe) -> None:
    ordered = ("--set", "wire=identity", "--set", "place=hill_climb", "-q", "-q")
    assert run("compile", recipe, *ordered)[0] == 0
