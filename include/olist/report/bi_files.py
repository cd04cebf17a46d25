"""Files that open the warehouse in Power BI (.pbids) and Tableau (.tds). Neither holds a user or a password.

Formats: Microsoft, "Data sources in Power BI Desktop: Using PBIDS files to get data"; Tableau's document
schemas for data sources (github.com/tableau/tableau-document-schemas).
"""

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

# What Tableau opens: the latest snapshot, whole. Power BI shows every table of the database to choose from.
TABLEAU_VIEW = "vw_customer_segments"
# By PostgreSQL's type: Tableau's datatype, role and type of a column.
TABLEAU_TYPES = {
    "timestamp without time zone": ("datetime", "dimension", "ordinal"),
    "boolean": ("boolean", "dimension", "nominal"),
    "text": ("string", "dimension", "nominal"),
    "smallint": ("integer", "dimension", "ordinal"),
    "integer": ("integer", "measure", "quantitative"),
    "bigint": ("integer", "dimension", "ordinal"),
    "numeric": ("real", "measure", "quantitative"),
    "double precision": ("real", "dimension", "quantitative"),
}
TABLEAU_PLACES = {"latitude": "[Geographical].[Latitude]", "longitude": "[Geographical].[Longitude]"}


def power_bi(connection: "Connection") -> str:
    """A .pbids file for the database of this connection."""
    info = connection.info
    details = {
        "protocol": "postgresql",
        "address": {"server": f"{info.host}:{info.port}", "database": info.dbname},
    }
    document = {"version": "0.1", "connections": [{"details": details, "options": {}, "mode": "Import"}]}
    return json.dumps(document, indent=2)


def tableau(connection: "Connection") -> str:
    """A .tds file for the latest snapshot in the database of this connection, with what each column means."""
    info = connection.info
    source = ElementTree.Element(
        "datasource",
        {"formatted-name": "olist", "inline": "true", "source-platform": "win", "version": "18.1"},
    )
    federated = ElementTree.SubElement(source, "connection", {"class": "federated"})
    named = ElementTree.SubElement(
        ElementTree.SubElement(federated, "named-connections"),
        "named-connection",
        {"caption": info.host, "name": "postgres.olist"},
    )
    server = {"server": info.host, "port": str(info.port), "dbname": info.dbname, "username": ""}
    authentication = {"authentication": "username-password", "class": "postgres", "one-time-sql": ""}
    ElementTree.SubElement(named, "connection", authentication | server)
    relation = {"connection": "postgres.olist", "name": TABLEAU_VIEW, "type": "table"}
    ElementTree.SubElement(federated, "relation", relation | {"table": f"[analytics].[{TABLEAU_VIEW}]"})
    ElementTree.SubElement(source, "aliases", {"enabled": "yes"})
    with connection.cursor() as cursor:
        cursor.execute(read_sql("bi/columns"), {"relation": f"analytics.{TABLEAU_VIEW}"})
        for name, kind, meaning in cursor:
            _add_column(source, name, kind, meaning)
    ElementTree.indent(source)
    return ElementTree.tostring(source, encoding="unicode", xml_declaration=True) + "\n"


def _add_column(source: ElementTree.Element, name: str, kind: str, meaning: str | None) -> None:
    datatype, role, order = TABLEAU_TYPES[kind]
    attributes = {"caption": name.replace("_", " ").capitalize(), "datatype": datatype, "name": f"[{name}]"}
    attributes |= {"role": role, "type": order}
    if name in TABLEAU_PLACES:
        attributes["semantic-role"] = TABLEAU_PLACES[name]
    column = ElementTree.SubElement(source, "column", attributes)
    text = ElementTree.SubElement(ElementTree.SubElement(column, "desc"), "formatted-text")
    ElementTree.SubElement(text, "run").text = meaning
