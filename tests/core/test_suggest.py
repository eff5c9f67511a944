"""Unknown names get a useful answer: the closest known one, and all that there are."""

from snnmap.core.suggest import LISTED, suggestion


def test_the_closest_and_all_are_named_in_their_order():
    assert suggestion("mnist_mlp", ["vgg16", "mnist-mlp"]) == "did you mean 'mnist-mlp'? There is: vgg16, mnist-mlp"
    assert suggestion("lif", ["IF", "CubaLIF", "LIF"]).startswith("did you mean 'LIF'?")


def test_nothing_is_suggested_where_nothing_is_close():
    assert suggestion("zzz", ["lenet"]) == "There is: lenet"
    assert suggestion("zzz", iter([])) == "There is: none"


def test_a_long_list_does_not_hide_the_closest():
    names = [f"value_{k}" for k in range(LISTED + 1)]
    assert suggestion("value_x3", names) == "did you mean 'value_3'?"
    assert suggestion("zzz", names).count(",") == LISTED
    assert suggestion("value_3" * 10**6, names).startswith("There is: value_0, ")
