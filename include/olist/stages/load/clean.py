"""A clean file into its typed table, by COPY alone: see olist.files.clean_rows."""

from typing import TYPE_CHECKING

from olist.files.clean_rows import CLEAN, NotCleanError, clean_blocks
from olist.stages.load.as_text import FILE_AS_IT_IS, about, copy_statement
from olist.stages.load.incoming import Incoming
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Cursor

# Columns that staging calls otherwise.
TYPED_NAMES = {
    "customer_zip_code_prefix": "zip_code_prefix",
    "seller_zip_code_prefix": "zip_code_prefix",
    "product_name_lenght": "product_name_length",
    "product_description_lenght": "product_description_length",
    "geolocation_zip_code_prefix": "zip_code_prefix",
    "geolocation_lat": "latitude",
    "geolocation_lng": "longitude",
    "geolocation_city": "city",
    "geolocation_state": "state",
}


def copy_clean_file(cursor: "Cursor", incoming: Incoming, file_id: int) -> bool:
    """Fills and completes the file's partition.

    Returns False, with nothing changed, where the file is not clean, or a row has the key of another one.
    """
    import psycopg

    table, names = incoming.source.table, incoming.header.names
    columns = CLEAN.get(table, {})
    if not incoming.header.is_first_line or not columns.keys() >= set(names):
        return False
    try:
        with cursor.connection.transaction():
            # What is there is the text of another file.
            cursor.execute(about("truncate {}", incoming.source))
            cursor.execute("call staging.open_clean_part(%s, %s)", (table, file_id))
            target = ("points",) if table == "geolocation" else ("staging", f"{table}_file_{file_id}")
            typed = [TYPED_NAMES.get(name, name) for name in names]
            # Frozen: nobody who reads the rows first has to find out, and note, that they are committed.
            with cursor.copy(copy_statement(target, typed, f"freeze, {FILE_AS_IT_IS}")) as sink:
                for block in clean_blocks(incoming.blocks(), {name: columns[name] for name in names}):
                    sink.write(block)
            cursor.execute(read_sql("load/count_rows"), {"file_id": file_id, "rows": cursor.rowcount})
            cursor.execute("call staging.stage_clean_file(%s, %s)", (table, file_id))
    except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded, NotCleanError):
        return False
    return True
