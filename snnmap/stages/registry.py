"""Algorithms of every stage by name. A stage is imported when it is looked up, so that `--help` stays quick."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from importlib import import_module

STAGES = ("partition", "place", "wire", "schedule")


class Registries(MappingType[str, MappingType[str, type]]):
    """Algorithms of every stage by name; a stage is imported when it is looked up, so that `--help` stays quick."""

    def __getitem__(self, stage: str) -> MappingType[str, type]:
        """`ALGORITHMS` of the stage's package."""
        if stage not in STAGES:
            raise KeyError(stage)
        registry: MappingType[str, type] = import_module(f"snnmap.stages.{stage}").ALGORITHMS
        return registry

    def __iter__(self) -> Iterator[str]:
        return iter(STAGES)

    def __len__(self) -> int:
        return len(STAGES)


REGISTRIES = Registries()
"""Algorithms of every stage, by name."""
