"""The warehouse: its SQL files, how they get into a PostgreSQL, and what all connections share."""

from olist.warehouse.sql import fingerprint, one_row, read_sql

__all__ = ["fingerprint", "one_row", "read_sql"]
