"""Which addresses can be used, and that no reason tells a word of one that cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from olist.files.emails import ANY_OTHER_REASON, MAX_BYTES, REASONS, check

ALL_REASONS = {*(reason for _, reason in REASONS), ANY_OTHER_REASON, "it has no @-sign"}


@pytest.mark.parametrize(
    ("written", "email"),
    [
        ("Ana.Silva@Example.COM", "ana.silva@example.com"),
        ("ana+loja@example.com", "ana+loja@example.com"),
        ("o'neill@example.co.uk", "o'neill@example.co.uk"),
        ("ana@münchen.de", "ana@xn--mnchen-3ya.de"),
    ],
)
def test_an_address_comes_in_one_spelling(written: str, email: str) -> None:
    assert check(written) == (email, None)
    assert check(email) == (email, None)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("ana.example.com", "it has no @-sign"),
        ("joão@example.com", "the part before the @-sign is not one that addresses have"),
        ("ana silva@example.com", "the part before the @-sign is not one that addresses have"),
        ('"ana silva"@example.com', "the part before the @-sign is not one that addresses have"),
        ("@example.com", "the part before the @-sign is not one that addresses have"),
        ("ana@@example.com", "the part after the @-sign is not a domain of the internet"),
        ("ana@example", "the part after the @-sign is not a domain of the internet"),
        ("ana@shop.local", "the part after the @-sign is not a domain of the internet"),
        ("ana@example.com,bia@example.com", "the part after the @-sign is not a domain of the internet"),
        ("ana@[127.0.0.1]", "the part after the @-sign is not a domain of the internet"),
        ("ana..silva@example.com", "it is not written as an address is"),
        ("Ana <ana@example.com>", "it is not written as an address is"),
        ("a" * 65 + "@example.com", "it is longer than an address may be"),
        ("ana@" + "a." * 130 + "com", "it is longer than an address may be"),
    ],
)
def test_an_address_that_cannot_be_used_has_a_reason(written: str, reason: str) -> None:
    assert check(written) == (None, reason)


@given(st.text(max_size=40) | st.tuples(st.text(max_size=9), st.text(max_size=9)).map("@".join))
def test_any_text_is_an_address_in_small_letters_or_has_one_of_few_reasons(written: str) -> None:
    email, reason = check(written)
    if email is None:
        assert reason in ALL_REASONS
    else:
        assert reason is None and email.isascii() and email == email.lower() and len(email) <= MAX_BYTES
