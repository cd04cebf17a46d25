"""What goes wrong through a file, a setting or a service, said so that its owner can mend it."""

# How the sentence of an outage ends.
AGAIN = "the task is tried again"


class OlistError(Exception):
    """One sentence that names the file, setting or row at fault. Trying again does not help."""


class OutageError(Exception):
    """One sentence about a server or a disk that failed us. Trying again later helps."""
