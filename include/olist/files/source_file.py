"""One of the nine files as bytes, whether plain, gzipped or in a zip: streamed, never unpacked to disk."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from olist.exceptions import OlistError

BLOCK_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"
# CSV is packed to a tenth, seldom to a fiftieth. A large file packed further would only fill the disk.
MOST_GROWTH = 200
NEVER_LARGE_BYTES = 1 << 28
IS_ENCRYPTED = 1  # a flag of a zip's member


@dataclass(frozen=True)
class SourceFile:
    """A file of a folder, or the member of the zip at `path`."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        if self.member is None:
            return self.path.name
        return f"{PurePosixPath(self.member).name} in {self.path.name}"

    def check_rights(self) -> None:
        """Raises OlistError where this process may not read the file."""
        try:
            self.path.open("rb").close()
        except OSError as error:
            raise OlistError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    def blocks(self) -> Iterator[bytes]:
        """The bytes, unpacked, without a byte order mark (COPY would take it for part of a name).

        A block ends where a line ends, unless the line is longer than a block. Raises OlistError for a file
        that cannot be read or unpacked.
        """
        try:
            with ExitStack() as opened:
                file, packed_bytes = self._open(opened)
                start = file.read(len(BOM))
                block = b"" if start == BOM else start
                size = len(start)
                while more := file.read(BLOCK_BYTES):
                    block += more + file.readline(BLOCK_BYTES)
                    size += len(block)
                    if size > max(NEVER_LARGE_BYTES, MOST_GROWTH * packed_bytes):
                        raise OlistError(
                            f"{self.name} is more than {MOST_GROWTH} times as large unpacked as it is packed:"
                            " no file of orders is."
                        )
                    yield block
                    block = b""
                if block:
                    yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            kind = "zip" if self.member else "gzip"
            raise OlistError(f"{self.name} is not a complete {kind} file: {error}.") from error
        except OSError as error:
            raise OlistError(f"{self.name} cannot be read: {error.strerror or error}.") from error

    def _open(self, opened: ExitStack) -> tuple[IO[bytes], int]:
        """The unpacked file, and how many bytes it takes as it is."""
        name = self.member or self.path.name
        if self.member is None:
            file: IO[bytes] = opened.enter_context(self.path.open("rb"))
            packed_bytes = self.path.stat().st_size
        else:
            archive = opened.enter_context(open_zip(self.path))
            packed = archive.getinfo(self.member)
            packed_bytes = packed.compress_size
            if packed.flag_bits & IS_ENCRYPTED:
                raise OlistError(f"{self.name} is encrypted: unpack it into the data folder.")
            file = opened.enter_context(archive.open(packed))
        if name.lower().endswith(".gz"):
            file = opened.enter_context(cast(IO[bytes], gzip.GzipFile(fileobj=file)))
        return file, packed_bytes


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip to read from. Raises OlistError for one that is broken or packed in a way unknown here."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, lzma.LZMAError) as error:
        raise OlistError(f"{path.name} is not a complete zip file: {error}.") from error
    except NotImplementedError as error:
        raise OlistError(
            f"{path.name} is packed in a way that is unknown here ({error}): unpack it into the data folder."
        ) from error
