"""Where the nine files may lie, how they may be packed, and what is said of a folder that is not right."""

import gzip
import io
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from psycopg import Connection
from support import pipeline
from support.nobody import as_nobody

from olist.exceptions import OlistError
from olist.files import source_file
from olist.files.places import find_place
from olist.files.sources import SOURCES, Source, source_of
from olist.stages import load
from olist.stages.load.incoming import Incoming
from olist.strategy.reading import STRATEGY_FILE

ORDERS = "olist_orders_dataset.csv"
PAYMENTS = "olist_order_payments_dataset.csv"


def pack(folder: Path, archive: Path, inside: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Moves the files of the folder into a zip."""
    with zipfile.ZipFile(archive, "w", method) as packed:
        for path in sorted(folder.glob("*.csv*")):
            if path != archive:
                packed.write(path, f"{inside}{path.name}")
                path.unlink()
    return archive


def the_zip_itself(data_dir: Path) -> Path:
    return pack(data_dir, data_dir.with_name("archive.zip"))


def a_zip_in_the_folder(data_dir: Path) -> Path:
    pack(data_dir, data_dir / "archive.zip")
    (data_dir / "notes.txt").touch()
    return data_dir


def a_zip_of_a_folder_from_a_mac(data_dir: Path) -> Path:
    pack(data_dir, data_dir / "Archive.ZIP", "brazilian e-commerce/")
    with zipfile.ZipFile(data_dir / "Archive.ZIP", "a") as packed:
        packed.writestr(f"__MACOSX/brazilian e-commerce/._{ORDERS}", b"\0\5\26\7")
    return data_dir


def a_zip_with_backslashes(data_dir: Path) -> Path:
    pack(data_dir, data_dir / "archive.zip", "olist\\")
    return data_dir


def a_zip_packed_otherwise(data_dir: Path) -> Path:
    return pack(data_dir, data_dir.with_name("archive.zip"), method=zipfile.ZIP_LZMA)


def gzipped_in_a_zip(data_dir: Path) -> Path:
    gzip_all(data_dir)
    return pack(data_dir, data_dir.with_name("archive.zip"), method=zipfile.ZIP_STORED)


def each_in_a_zip_of_its_own(data_dir: Path) -> Path:
    for path in sorted(data_dir.glob("*.csv")):
        with zipfile.ZipFile(f"{path}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(path, path.name)
        path.unlink()
    return data_dir


def in_capitals(data_dir: Path) -> Path:
    for path in sorted(data_dir.glob("*.csv")):
        path.rename(path.with_suffix(".CSV") if path.name == ORDERS else path.with_name(path.name.upper()))
    return data_dir


def gzip_all(data_dir: Path) -> Path:
    for path in sorted(data_dir.glob("*.csv")):
        path.with_name(f"{path.name}.GZ").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return data_dir


def one_folder_deeper(data_dir: Path) -> Path:
    (data_dir.parent / "outer" / "empty").mkdir(parents=True)
    (data_dir.parent / "outer" / "link to nothing").symlink_to("nowhere")
    (data_dir.parent / "outer" / "broken.zip").write_bytes(b"PK\3\4")
    data_dir.rename(data_dir.parent / "outer" / "csv")
    return data_dir.parent / "outer"


def unpacked_beside_their_zip(data_dir: Path) -> Path:
    with zipfile.ZipFile(data_dir / "archive.zip", "w") as packed:
        packed.writestr(ORDERS, "of last year")
    (data_dir / "old").mkdir()
    (data_dir / "old" / ORDERS).write_text("of last year")
    return data_dir


@pytest.mark.parametrize(
    "arrange",
    [
        the_zip_itself,
        a_zip_in_the_folder,
        a_zip_of_a_folder_from_a_mac,
        a_zip_with_backslashes,
        a_zip_packed_otherwise,
        gzipped_in_a_zip,
        each_in_a_zip_of_its_own,
        in_capitals,
        gzip_all,
        one_folder_deeper,
        unpacked_beside_their_zip,
    ],
)
def test_the_files_are_found_and_are_the_same(demo: Path, data_dir: Path, arrange: Callable) -> None:
    place = find_place(arrange(data_dir))
    for source in SOURCES:
        found = b"".join(place.find(source).blocks())
        wanted = (demo / f"{source.file_stem}.csv").read_bytes()
        assert found == wanted.removeprefix(source_file.BOM), source.table


def test_a_zip_is_loaded_without_being_unpacked(connection: Connection, data_dir: Path) -> None:
    plain = pipeline.load_all(connection, pipeline.begin(connection, data_dir))
    packed = the_zip_itself(data_dir)
    before = set(packed.parent.rglob("*"))
    loaded = pipeline.load_all(connection, pipeline.begin(connection, packed))
    assert set(packed.parent.rglob("*")) == before
    assert all(counts["was_loaded_before"] for counts in loaded.values()), "the content is the same"
    assert loaded["orders"]["rows_read"] == plain["orders"]["rows_read"] > 0
    assert loaded["orders"]["file"] == f"{ORDERS} in archive.zip"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_changes_while_it_is_read_is_refused(
    connection: Connection, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = the_zip_itself(data_dir)
    run_id = pipeline.begin(connection, packed)
    first_look = load.first_look

    def look_then_change(file: source_file.SourceFile, source: Source) -> Incoming:
        seen = first_look(file, source)
        with zipfile.ZipFile(packed, "a") as archive:
            archive.writestr(PAYMENTS, archive.read(PAYMENTS) + b"o1,1,voucher,1,1.00\n")
        return seen

    monkeypatch.setattr(load, "first_look", look_then_change)
    with pytest.raises(OlistError, match=f"{PAYMENTS} in archive.zip changed while it was read"):
        load.load(connection, run_id, "order_payments")


def spoil(archive: Path, local: int, central: int, value: int) -> None:
    """Sets a byte of every member's two headers."""
    content = bytearray(archive.read_bytes())
    for mark, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + offset] = value
    archive.write_bytes(content)


def encrypted(data_dir: Path) -> Path:
    archive = the_zip_itself(data_dir)
    spoil(archive, 6, 8, 1)
    return archive


def packed_in_an_unknown_way(data_dir: Path) -> Path:
    archive = the_zip_itself(data_dir)
    spoil(archive, 8, 10, 9)
    return archive


def cut_short(data_dir: Path) -> Path:
    archive = the_zip_itself(data_dir)
    archive.write_bytes(archive.read_bytes()[:-100])
    return archive


def bytes_changed(data_dir: Path) -> Path:
    archive = the_zip_itself(data_dir)
    content = bytearray(archive.read_bytes())
    content[300:310] = b"\xff" * 10
    archive.write_bytes(content)
    return archive


def a_csv(data_dir: Path) -> Path:
    return data_dir / ORDERS


def two_zips(data_dir: Path) -> Path:
    shutil.copy(pack(data_dir, data_dir / "archive.zip"), data_dir / "archive (1).zip")
    return data_dir


def a_zip_and_a_folder(data_dir: Path) -> Path:
    shutil.copytree(data_dir, data_dir / "2018")
    pack(data_dir, data_dir / "archive.zip")
    return data_dir


def two_folders_in_a_zip(data_dir: Path) -> Path:
    archive = pack(data_dir, data_dir.with_name("archive.zip"), "2018/")
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr(f"2017/{ORDERS}", "")
    return archive


def two_spellings(data_dir: Path) -> Path:
    for name in ("Olist_orders_dataset.csv", "OLIST_ORDERS_DATASET.CSV"):
        shutil.copy(data_dir / ORDERS, data_dir / name)
    (data_dir / ORDERS).unlink()
    return data_dir


def other_things(data_dir: Path) -> Path:
    for path in sorted(data_dir.iterdir()):
        path.unlink()
    for number in range(7):
        (data_dir / f"orders {number}.xlsx").touch()
    (data_dir / "a\x1b[31m").touch()
    return data_dir


def nothing(data_dir: Path) -> Path:
    shutil.rmtree(data_dir)
    data_dir.mkdir()
    return data_dir


def one_missing(data_dir: Path) -> Path:
    (data_dir / PAYMENTS).unlink()
    return data_dir


def a_zip_of_something_else(data_dir: Path) -> Path:
    with zipfile.ZipFile(data_dir / f"{ORDERS}.zip", "w") as packed:
        packed.writestr("report.csv", "")
    (data_dir / ORDERS).unlink()
    return data_dir


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        (encrypted, r"_dataset.csv in archive.zip is encrypted: unpack it into the data folder"),
        (packed_in_an_unknown_way, r"archive.zip is packed in a way that is unknown here \(.*\): unpack it"),
        (cut_short, "archive.zip is not a complete zip file: File is not a zip file"),
        (bytes_changed, r"in archive.zip is not a complete zip file|archive.zip is not a complete zip file"),
        (a_csv, rf"The data folder .*{ORDERS} is a file: name the folder it is in, or a zip file"),
        (two_zips, r"has such files in archive \(1\).zip and in archive.zip: leave one of them there"),
        (a_zip_and_a_folder, "has such files in 2018 and in archive.zip: leave one"),
        (two_folders_in_a_zip, "archive.zip has such files in 2017 and in 2018: leave one"),
        (two_spellings, "has both OLIST_ORDERS_DATASET.CSV and Olist_orders_dataset.csv: leave one"),
        (
            other_things,
            r"has no \S+.csv and no \S+.gz; it has a\?\[31m, orders 0.xlsx, orders 1.xlsx, .* and 3 more\.",
        ),
        (nothing, r"has no \S+.csv and no \S+.csv.gz; it is empty\."),
        (one_missing, rf"has no {PAYMENTS} and no {PAYMENTS}.gz\.$"),
        (a_zip_of_something_else, f"{ORDERS}.zip has no {ORDERS}, or more than one"),
    ],
)
def test_what_is_not_right_is_one_sentence(data_dir: Path, arrange: Callable, sentence: str) -> None:
    with pytest.raises(OlistError, match=sentence) as error:
        read_all(arrange(data_dir))
    assert str(error.value).isprintable()


def read_all(data_dir: Path) -> None:
    place = find_place(data_dir)
    for source in SOURCES:
        for _ in place.find(source).blocks():
            pass


@pytest.mark.parametrize("ending", ["zip", "csv.gz"])
def test_a_file_that_only_fills_the_disk_is_refused(tmp_path: Path, ending: str) -> None:
    header = f"{','.join(source_of('order_payments').columns)}\n".encode()
    rows = b"o1,1,voucher,1,1.00\n" * 50_000
    path = tmp_path / ("archive.zip" if ending == "zip" else f"{PAYMENTS}.gz")
    with io.BytesIO() as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
            file.write(header)
            for _ in range(400):
                file.write(rows)
        path.write_bytes(packed.getvalue())
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(PAYMENTS, "w") as file:
            file.write(header)
            for _ in range(400):
                file.write(rows)
    with pytest.raises(OlistError, match="more than 200 times as large unpacked as it is packed"):
        for _ in find_place(path if ending == "zip" else tmp_path).find(source_of("order_payments")).blocks():
            pass


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are for their owner."""
    with tempfile.TemporaryDirectory(prefix="olist-test-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("closed", "sentence"),
    [
        (".", r"OlistError: The data folder \S+/files cannot be read: Permission denied\.$"),
        (ORDERS, rf"OlistError: {ORDERS} cannot be read: Permission denied\.$"),
        ("..", r"OlistError: The data folder \S+/files cannot be read: Permission denied\.$"),
    ],
)
def test_what_may_not_be_read_is_one_sentence(
    demo: Path, open_folder: Path, closed: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLIST_STRATEGY", shutil.copy(STRATEGY_FILE, open_folder))
    data_dir = Path(shutil.copytree(demo, open_folder / "data" / "files"))
    for path in (data_dir, data_dir.parent, *data_dir.iterdir()):
        path.chmod(0o755)
    assert as_nobody(lambda: read_all(data_dir)) == ""
    (data_dir / closed).resolve().chmod(0)
    said = as_nobody(lambda: read_all(data_dir))
    assert re.match(sentence, said), said
    # A run says so before it asks anything of its warehouse, and before each load would.
    said = as_nobody(lambda: pipeline.begin(None, data_dir))
    assert re.match(sentence, said), said


def test_a_folder_that_may_not_be_entered_is_passed_over_or_named(demo: Path, open_folder: Path) -> None:
    (open_folder / "lost+found").mkdir(mode=0)
    said = as_nobody(lambda: read_all(open_folder))
    assert f"{open_folder} cannot be read: Permission denied ({open_folder}/lost+found)." in said
    shutil.copytree(demo, open_folder / "csv")
    for path in (open_folder / "csv", *(open_folder / "csv").iterdir()):
        os.chmod(path, 0o755)
    assert as_nobody(lambda: read_all(open_folder)) == ""
