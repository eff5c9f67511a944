from pathlib import Path

from snnmap.core import jit
from snnmap.simulate.kernels import executor, neurons


def test_stamp_follows_imported_kernels(tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.py" for name in "abc")
    a.write_text("import numpy as np\nfrom snnmap.kernels.b import f\n")
    b.write_text("from snnmap.kernels.c import g\n")
    c.write_text("x = 1\nfrom snnmap.kernels.a import h\n")  # a circle must not hang

    def stamps() -> list[str]:
        jit.stamp.cache_clear()
        return [jit.stamp(path) for path in (a, b, c)]

    before = stamps()
    assert before == stamps()
    c.write_text("x = 2\n")
    after = stamps()
    assert all(x != y for x, y in zip(before, after, strict=True))
    a.write_text("import numpy as np\nfrom snnmap.kernels.b import k\n")
    assert stamps()[0] != after[0]
    assert stamps()[1:] == after[1:]


def test_compiled_kernels_carry_the_stamp() -> None:
    jit.stamp.cache_clear()
    for function, module in ((executor.run_frame, executor), (neurons.update, neurons)):
        found = function._cache._cache_file._source_stamp  # type: ignore[attr-defined]
        assert found == jit.stamp(Path(module.__file__))
    assert jit.stamp(Path(executor.__file__)) != jit.stamp(Path(neurons.__file__))
