"""Which e-mail addresses can be used, by the package email-validator. It asks no server about any of them."""

from importlib.metadata import version

from email_validator import validate_email

# RFC 3696, erratum 1690. Longer ones are not looked at.
MAX_BYTES = 254
# email-validator's own words have characters of the address in them.
REASONS = (
    ("too long", "it is longer than an address may be"),
    ("before the @-sign", "the part before the @-sign is not one that addresses have"),
    ("after the @-sign", "the part after the @-sign is not a domain of the internet"),
)
ANY_OTHER_REASON = "it is not written as an address is"
CHECKED_BY = f"email-validator {version('email-validator')}"


def check(written: str) -> tuple[str | None, str | None]:
    """An address in small letters, with its domain in ASCII, or why it cannot be used, without a word of it.

    HubSpot takes addresses that differ in case alone for one.
    """
    if "@" not in written:
        return None, "it has no @-sign"
    try:
        # Few mail servers take letters beyond ASCII before the @-sign; there they are a slip.
        found = validate_email(written, allow_smtputf8=False, strict=True, check_deliverability=False)
    except ValueError as error:
        said = str(error)
        return None, next((reason for words, reason in REASONS if words in said), ANY_OTHER_REASON)
    if found.ascii_email is None or len(found.ascii_email) > MAX_BYTES:
        return None, ANY_OTHER_REASON
    return found.ascii_email.lower(), None
