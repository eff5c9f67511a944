"""What every network reader returns: the network, and what the file said or left open."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from snnmap.core.shown import Shown
from snnmap.frontend.dialects import DialectName
from snnmap.ir import Network


@dataclass(frozen=True, slots=True, eq=False)
class Imported(Shown):
    """A network as read from one file."""

    name: str
    format: str
    """`nir`, `lava`, `recipe`, `network`, `activity`, `snntorch`."""
    network: Network
    digest: str
    """SHA-256 of the file's bytes."""
    repairs: tuple[str, ...] = ()
    """What was not as the format demands and how it was read, one sentence each."""
    hints: Mapping[str, object] = field(default_factory=dict)
    """What the file says or implies about `Dynamics` (keys dt, integration, reset, ...)."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Reason for every hint, one sentence."""
    dialect: DialectName | None = None
    """The dialect that it was read in because somebody said so; none: as guessed."""
    stimulus: Mapping[str, str | int] = field(default_factory=dict)
    """`steps` and `encode`, where whoever made the network said how it is fed."""
    training: Mapping[str, str | int] = field(default_factory=dict)
    """What trained it, if `snnmap train` did: `recipe` (its text), `recipe_sha256`, `seed`, `epochs`, ..."""

    @property
    def trained_by(self) -> str:
        """One sentence of what trained it; empty if nobody says."""
        if not self.training:
            return ""
        recipe, seed, epochs, samples = (
            self.training.get(key, "unknown") for key in ("recipe_sha256", "seed", "epochs", "samples")
        )
        return f"trained by the recipe of SHA-256 {recipe}, seed {seed}, {epochs} epochs of {samples} samples"


def sentences(settings: Mapping[str, object], why: Mapping[str, str]) -> list[str]:
    """`key = value, key = value: reason` for the keys of `settings`, one sentence per reason."""
    reasons = dict.fromkeys(why.get(key, "the network file implies it") for key in settings)
    listed = {reason: [f"{k} = {v}" for k, v in settings.items() if why.get(k, reason) == reason] for reason in reasons}
    return [f"{', '.join(keys)}: {reason}" for reason, keys in listed.items()]
