"""What is a number and what is a text in strategy.yaml, and in what encodings it may be saved."""

import codecs
import os
from decimal import Decimal
from pathlib import Path

import pytest

from olist.exceptions import OlistError
from olist.strategy.document import Document
from olist.strategy.reading import STRATEGY_FILE, read_campaigns, read_strategy
from olist.strategy.sql import rule_expression, segment_expression, to_sql

TEXT = STRATEGY_FILE.read_text(encoding="utf-8")


def changed(folder: Path, old: str, new: str) -> Path:
    assert TEXT.count(old) == 1
    path = folder / "strategy.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    return path


def complaint(path: Path, place: str) -> str:
    """What is said of a file that is not valid, without its path and the line, which is that of `place`."""
    with pytest.raises(OlistError) as error:
        read_strategy(path)
    line = next(n for n, each in enumerate(path.read_text().splitlines(), 1) if place in each)
    start = f"{path} line {line}: "
    assert str(error.value).startswith(start)
    return str(error.value).removeprefix(start)


@pytest.mark.parametrize(
    "written",
    ["yes", "no", "on", "010", "0x1F", "0b1", "1_000", "1:30", "1e3", "1.0e+3", ".inf", ".nan", "2018-01-01",
     "'5'", "1.000.000", "10%", "= 2 >", "9" * 20, "9" * 5000]
)  # fmt: skip
@pytest.mark.parametrize("several", [False, True])
def test_what_is_no_number_is_shown_as_it_was_written(tmp_path: Path, written: str, several: bool) -> None:
    value = f"[1, {written}]" if several else written
    path = changed(tmp_path, "{r_score: 5, frequency: 1}", f"{{r_score: 5, frequency: {value}}}")
    told = complaint(path, "frequency: " + value)
    assert told.startswith(f"'{written.strip(chr(39))}' is neither a number nor a comparison")


@pytest.mark.parametrize("written", ["true", "False", "~", "null", ""])
def test_what_is_neither_number_nor_text_is_shown_as_it_was_written(tmp_path: Path, written: str) -> None:
    path = changed(tmp_path, "{r_score: 5, frequency: 1}", f"{{r_score: 5, frequency: {written}}}")
    assert complaint(path, "r_score: 5").endswith(f"; the file says {written or 'nothing'}.")
    path = changed(tmp_path, "loyalty_tier: Platinum, fav", f"customer_state: {written}, fav")
    wanted = f"customer_state is a text: put it in quotes; the file says {written or 'nothing'}."
    assert complaint(path, "customer_state: ") == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("5", "= 5"),
        ("+5", "= 5"),
        (".5", "= 0.5"),
        ("99.90", "= 99.90"),
        ("100.", "= 100"),
        ("0.125", "= 0.125"),
        ('"< 1000"', "< 1000"),
        ('"<1000.00"', "< 1000.00"),
        ('">= .5"', ">= 0.5"),
        ('"> -1"', "> -1"),
        ('"< 0.125"', "< 0.125"),
        ('"< 1234.567"', "< 1234.567"),
        ("[1, 2.50]", "= 2.50"),
    ],
)
def test_numbers_are_numbers(tmp_path: Path, written: str, wanted: str) -> None:
    path = changed(tmp_path, "{r_score: 5, frequency: 1}", f"{{monetary: {written}}}")
    assert f"monetary {wanted}" in to_sql(segment_expression(read_strategy(path)))


@pytest.mark.parametrize(
    ("written", "thousands", "small"),
    [('"< 1.000"', "1000", "1"), ("1.000", "1000", "1"), ("[5, 12.500]", "12500", "12.5")],
)
def test_what_may_be_thousands_is_refused(tmp_path: Path, written: str, thousands: str, small: str) -> None:
    path = changed(tmp_path, "{r_score: 5, frequency: 1}", f"{{monetary: {written}}}")
    told = complaint(path, "{monetary: ")
    assert told.endswith(f"may mean {thousands} or {small}: write the one that is meant.")


@pytest.mark.parametrize("written", ["3.125", '"<= 3.125"'])
def test_a_mean_has_as_many_digits_as_it_likes(tmp_path: Path, written: str) -> None:
    path = changed(tmp_path, '{avg_review_score: "<= 2"}', f"{{avg_review_score: {written}}}")
    assert "3.125" in to_sql(rule_expression(read_strategy(path)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{r_score: 5, frequency: 1}", "{r_score: 5, monetary: 1,000}"),
        ("max_drift: 0.25", "max_drift: 0,25"),
        ("sample: 100000", "sample: 100,000"),
    ],
)
def test_a_comma_in_a_number_is_named(tmp_path: Path, old: str, new: str) -> None:
    told = complaint(changed(tmp_path, old, new), new.strip("{}"))
    assert told.startswith(f"',{new.strip('}').partition(',')[2].rpartition(',')[2]}' is no part of a number")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("max_rows_lost: 0.1", "max_rows_lost: 10%", "limits.max_rows_lost: '10%' is not a number: write"),
        ("max_rows_lost: 0.1", "max_rows_lost: 0,1", "limits.max_rows_lost: '0,1' is not a number: write"),
        ("max_rows_lost: 0.1", "max_rows_lost: yes", "limits.max_rows_lost: 'yes' is not a number: write"),
        ("max_rows_lost: 0.1", "max_rows_lost: true", "number; the file says true."),
        ("max_rows_lost: 0.1", "max_rows_lost: 10", "less than or equal to 1; the file says 10."),
        ("max_rows_lost: 0.1", "max_rows_lost:", "a valid number; the file says nothing."),
        ("\nkeep_months:", "\nkeep_months: 010", "keep_months: Input should be a valid integer; the"),
        ("\nkeep_months:", "\nkeep_months: yes", "a valid integer; the file says yes."),
        ("\nkeep_months:", "\nkeep_months: 6.0", "a valid integer; the file says 6.0."),
        ("vintage_months: 1", "vintage_months: 03", "model.vintage_months: '03' is not a number"),
        ("vintage_months: 1", "vintage_months: true", "model.vintage_months: Input should be a number; "),
        ("sample: 100000", "sample: 0100000", "model.sample: '0100000' is not a number"),
        ("sample: 100000", "sample: 100_000", "model.sample: '100_000' is not a number"),
        ("sample: 100000", "sample: 100.000", "equal to 20000; the file says 100.000."),
        ("max_drift: 0.25", "max_drift: .inf", "model.max_drift: '.inf' is not a number"),
        ("compared_customers: 500", "compared_customers: 1.000", "a valid integer; the file says 1.000."),
    ],
)  # fmt: skip
def test_settings_are_numbers_too(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in complaint(changed(tmp_path, old, new), new.strip())


@pytest.mark.parametrize("written", ["0.1", ".1", "'0.1'", "0.10"])
def test_a_share_may_be_written_in_these_ways(tmp_path: Path, written: str) -> None:
    path = changed(tmp_path, "max_rows_lost: 0.1", f"max_rows_lost: {written}")
    assert read_strategy(path) == read_strategy()


def test_texts_are_texts(tmp_path: Path) -> None:
    """All of these are something else by YAML 1.1."""
    text = TEXT.replace("Platinum", "Yes").replace("Gold", "Off").replace("Silver", "2018-01-01")
    text = text.replace("name: Champions", "name: 1:30").replace("    - audio", "    - 010")
    text = text.replace("  Tech:\n", "  NO:\n").replace("favorite_category: Tech", "favorite_category: NO")
    path = tmp_path / "strategy.yaml"
    path.write_text(text.replace('{avg_review_score: "<= 2"}', "{customer_state: [NO, no, 0x1F]}"))
    strategy = read_strategy(path)
    assert strategy.tiers == list(strategy.default_actions) == ["Yes", "Off", "2018-01-01"]
    assert strategy.segments[0].name == "1:30"
    assert strategy.actions[0].when == {"customer_state": ["NO", "no", "0x1F"]}
    assert "010" in strategy.category_groups["NO"]


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("[Platinum, Gold, Silver]", "[Platinum, Gold, 3]", "3"),
        ("name: Champions", "name: 2018", "2018"),
        ("    - audio", "    - 1.50", "1.50"),
        ("[canceled, unavailable]", "[canceled, True]", "True"),
    ],
)
def test_a_number_is_no_text(tmp_path: Path, old: str, new: str, written: str) -> None:
    told = complaint(changed(tmp_path, old, new), new)
    assert told.endswith(
        f"Input should be a valid string; the file says {written}, which is a text only in quotes."
    )


def test_a_number_keeps_its_digits(tmp_path: Path) -> None:
    (tmp_path / "numbers.yaml").write_text("[1, 1.50, -0.0, .5, 1.00000000000001]")
    content = Document(tmp_path / "numbers.yaml").content
    assert list(map(str, content)) == ["1", "1.50", "-0.0", "0.5", "1.00000000000001"]
    assert list(map(type, content)) == [int, *[Decimal] * 4]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["strategy.yaml", "campaigns.yaml"])
def test_another_encoding_is_one_sentence(tmp_path: Path, encoding: str, name: str) -> None:
    path = tmp_path / name
    # Without the a, bytes without a mark would be valid UTF-8, with a zero after each letter.
    first = "# SP" if encoding.startswith("utf") else "# São Paulo"
    path.write_bytes(f"{first}\n{TEXT}".encode(encoding))
    with pytest.raises(OlistError) as error:
        read_strategy(path) if name == "strategy.yaml" else read_campaigns(read_strategy(), path)
    sentence = "this is not UTF-8: save the file with the encoding UTF-8."
    assert str(error.value) == f"{path} line 1: {sentence}"


def test_the_line_of_a_strange_character_is_named(tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    path.write_bytes(TEXT.encode().replace(b"name: At-Risk", b"name: N\xe3o"))
    assert complaint_of_bytes(path, b"N\xe3o") == "this is not UTF-8: save the file with the encoding UTF-8."
    path.write_bytes(TEXT.encode().replace(b"name: At-Risk", b"name: At\x07Risk"))
    assert complaint_of_bytes(path, b"\x07") == "this is not YAML: the character U+0007 is not allowed."


def complaint_of_bytes(path: Path, place: bytes) -> str:
    data = path.read_bytes()
    line = data.count(b"\n", 0, data.index(place)) + 1
    with pytest.raises(OlistError) as error:
        read_strategy(path)
    return str(error.value).removeprefix(f"{path} line {line}: ")


def test_windows_may_mark_utf_8_and_end_lines_its_way(tmp_path: Path) -> None:
    path = tmp_path / "strategy.yaml"
    path.write_bytes(codecs.BOM_UTF8 + TEXT.replace("\n", "\r\n").encode())
    assert read_strategy(path) == read_strategy()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- a list\n", "Input should be a valid dictionary"),
        ("", "excluded_statuses: Field required"),
        ("tiers: &tiers [*tiers]\n", "excluded_statuses: Field required"),
        ("tiers: " + "[" * 5000, "this is not YAML: it is nested too deep"),
        ("tiers: !!python/object:os.system x\n", "this is not YAML: could not determine a constructor"),
        ("tiers: !!int ten\n", "this is not YAML: 'ten' is no int"),
        ("tiers: 1\n---\ntiers: 2\n", "this is not YAML"),
        ("because: {{monetary}}\n", "a text that begins with braces or brackets has to be in quotes"),
    ],
)
def test_whatever_it_holds_is_one_sentence(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "strategy.yaml"
    path.write_text(content)
    with pytest.raises(OlistError) as error:
        read_strategy(path)
    assert told in str(error.value) and "\n" not in str(error.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OlistError, match=f"^The file {tmp_path} cannot be read: {os.strerror(21)}.$"):
        read_strategy(tmp_path)
