"""Where the nine files lie: in the data folder, in a folder within it, or in a zip as Kaggle gives it.

All nine come from one place. Files of two places could be of two months, and nobody would see it. A file that
may be there or not is with them, or in the data folder itself, as beside the zip from Kaggle.
"""

import os
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from olist.exceptions import OlistError
from olist.files.source_file import SourceFile, open_zip
from olist.files.sources import OPTIONAL_SOURCES, SOURCES, Source

# Plain before packed. Kaggle gives a single large file as a zip of its own.
ENDINGS = (".csv", ".csv.gz", ".csv.zip")
SHOWN_NAMES = 5
OUR_NAMES = {f"{source.file_stem}{ending}" for source in SOURCES for ending in ENDINGS}
OPTIONAL_NAMES = {f"{source.file_stem}{ending}" for source in OPTIONAL_SOURCES for ending in ENDINGS}


@dataclass(frozen=True)
class Place:
    """Our files in a folder or zip, by name, and the names of everything in it."""

    path: Path
    files: dict[str, SourceFile]
    names: tuple[str, ...] = ()

    def holds_the_nine(self) -> bool:
        """Whether it has any of the nine files."""
        return any(name.lower() in OUR_NAMES for name in self.files)

    def find(self, source: Source) -> SourceFile:
        """The file of a source, plain before packed, the usual spelling before another.

        Raises OlistError where there is none, or two of which neither has the usual spelling.
        """
        if file := self.find_if_there(source):
            return file
        raise OlistError(
            f"The data folder {self.path} has no {source.file_stem}.csv and no {source.file_stem}.csv.gz"
            f"{self._what_it_has()}."
        )

    def find_if_there(self, source: Source) -> SourceFile | None:
        """The same of a file that may be there or not."""
        for ending in ENDINGS:
            wanted = f"{source.file_stem}{ending}"
            found = sorted(name for name in self.files if name.lower() == wanted)
            if wanted in found:
                return self.files[wanted]
            if len(found) > 1:
                raise OlistError(f"{self.path} has both {found[0]} and {found[1]}: leave one of them there.")
            if found:
                return self.files[found[0]]
        return None

    def _what_it_has(self) -> str:
        if self.holds_the_nine():
            return ""
        if not self.names:
            return "; it is empty"
        shown = ", ".join(self.names[:SHOWN_NAMES])[:300]
        shown = "".join(each if each.isprintable() else "?" for each in shown)
        more = len(self.names) - SHOWN_NAMES
        return f"; it has {shown}{f' and {more} more' if more > 0 else ''}"


def find_place(data_dir: Path) -> Place:
    """The folder or zip that holds our files: the data folder itself before a zip or a folder in it.

    Raises OlistError where there is no such folder, it cannot be read, or two places in it hold such files.
    """
    try:
        if not stat.S_ISDIR(data_dir.stat().st_mode):
            return _zip_as_folder(data_dir)
        place = _folder(data_dir)
        if place.holds_the_nine():
            return place
        inner = _only(data_dir, _places_among(data_dir / name for name in place.names))
        return _with_files_beside(inner, place) if inner else place
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OlistError(
            f"The data folder {data_dir} does not exist (set OLIST_DATA_DIR or the param data_dir)."
        ) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename and error.filename != str(data_dir) else ""
        raise OlistError(
            f"The data folder {data_dir} cannot be read: {error.strerror or error}{where}."
        ) from error


def _zip_as_folder(path: Path) -> Place:
    if path.suffix.lower() != ".zip":
        raise OlistError(f"The data folder {path} is a file: name the folder it is in, or a zip file.")
    return _only(path, _folders_of_zip(path)) or Place(path, {}, _members(path))


def _only(data_dir: Path, places: list[Place]) -> Place | None:
    if len(places) > 1:
        first, second = (place.path.relative_to(data_dir) for place in places[:2])
        raise OlistError(
            f"The data folder {data_dir} has such files in {first} and in {second}: leave one of them there."
        )
    return places[0] if places else None


def _with_files_beside(inner: Place, outer: Place) -> Place:
    """The place of the nine files, with those of the data folder around it."""
    for source in OPTIONAL_SOURCES:
        if inner.find_if_there(source) and outer.find_if_there(source):
            raise OlistError(
                f"The data folder {outer.path} has {source.file_stem}.csv in itself and in"
                f" {inner.path.relative_to(outer.path)}: leave one of them there."
            )
    return replace(inner, files=inner.files | outer.files)


def _folder(path: Path) -> Place:
    with os.scandir(path) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    ours = [path / each.name for each in found if _is_ours(each.name) and each.is_file()]
    return Place(path, {each.name: _file(each) for each in ours}, tuple(each.name for each in found))


def _file(path: Path) -> SourceFile:
    if path.suffix.lower() != ".zip":
        return SourceFile(path)
    wanted = path.stem.lower()
    members = [name for name in _members(path) if PurePosixPath(name).name.lower() == wanted]
    if len(members) != 1:
        raise OlistError(f"{path.name} has no {path.stem}, or more than one.")
    return SourceFile(path, members[0])


def _places_among(entries: Iterable[Path]) -> list[Place]:
    """Those that hold our files. One that cannot be read is passed over where another holds them."""
    places: list[Place] = []
    unreadable: OSError | OlistError | None = None
    for path in entries:
        try:
            places += _folders_of_zip(path) if _is_zip(path) else [_folder(path)]
        except (NotADirectoryError, FileNotFoundError):
            continue
        except (OSError, OlistError) as error:
            unreadable = unreadable or error
    places = [place for place in places if place.holds_the_nine()]
    if unreadable and not places:
        raise unreadable
    return places


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and path.is_file()


def _folders_of_zip(path: Path) -> list[Place]:
    folders: dict[PurePosixPath, dict[str, SourceFile]] = defaultdict(dict)
    for member in _members(path):
        inner = PurePosixPath(member.replace("\\", "/"))
        if _is_ours(inner.name) and not member.endswith("/") and inner.suffix.lower() != ".zip":
            folders[inner.parent][inner.name] = SourceFile(path, member)
    places = [Place(path / parent, files) for parent, files in sorted(folders.items())]
    return [place for place in places if place.holds_the_nine()]


def _members(path: Path) -> tuple[str, ...]:
    with open_zip(path) as archive:
        return tuple(archive.namelist())


def _is_ours(name: str) -> bool:
    return name.lower() in OUR_NAMES | OPTIONAL_NAMES
