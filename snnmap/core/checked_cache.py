"""Files of numba's cache that begin with the SHA-256 of the rest.

numba runs whatever bytes lie in its cache, and a flipped bit crashes the process: what does not fit counts as missing,
and is compiled again.
"""

import hashlib
import pickle
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile

SUM_BYTES = hashlib.sha256().digest_size


class CheckedFile(IndexDataCacheFile):  # type: ignore[misc]  # numba has no types
    """Index and machine code of one kernel on disk; a damaged file counts as missing."""

    def _load_index(self) -> dict[Any, str]:
        content = self._checked(Path(self._index_path))
        version, source, overloads = (None, None, {}) if content is None else pickle.loads(content)
        current: bool = (version, source) == (self._version, self._source_stamp)
        return overloads if current else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        content = self._checked(Path(self._data_path(name)))
        if content is None:
            raise FileNotFoundError(name)
        return pickle.loads(content)

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _checked(self, path: Path) -> bytes | None:
        """Content of a file without its checksum; none if it is missing or damaged."""
        try:
            whole = path.read_bytes()
        except OSError:
            return None
        content = whole[SUM_BYTES:]
        return content if whole[:SUM_BYTES] == hashlib.sha256(content).digest() else None

    def _write(self, path: str, value: Any) -> None:
        content: bytes = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest() + content)
