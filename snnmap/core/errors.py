"""What can go wrong, as types: the input is bad, or the input is fine and does not fit.

The command line turns `InputError` into exit code 2 and `InfeasibleError` into exit code 3; neither ever shows a
traceback. This module knows nothing of networks or chips.
"""


class SnnmapError(Exception):
    """Root of every error that snnmap raises on purpose."""

    def __str__(self) -> str:
        r"""The message on one line; a line break in a name that it quotes is written out as `\n`."""
        return super().__str__().replace("\n", "\\n")


class InputError(SnnmapError, ValueError):
    """A file, option or argument is not usable; the message says what was asked, what there is, what to change."""


class InfeasibleError(SnnmapError):
    """The request is well formed but cannot be met by this hardware.

    Parameters
    ----------
    resource
        What runs out, in the user's words ("tiles", "crossbar rows").
    asked, available
        Demand and supply in units of `resource`.
    remedy
        What the user can change so that it fits.
    """

    def __init__(self, resource: str, asked: float, available: float, remedy: str) -> None:
        self.resource = resource
        self.asked = asked
        self.available = available
        self.remedy = remedy
        super().__init__(f"{resource}: need {asked:,}, have {available:,}. {remedy}")

    def __reduce__(self) -> tuple[type["InfeasibleError"], tuple[str, float, float, str]]:
        """Rebuild from the four facts, so the error crosses process boundaries."""
        return type(self), (self.resource, self.asked, self.available, self.remedy)
