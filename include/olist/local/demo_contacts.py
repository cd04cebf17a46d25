"""Invented people to write to: customer_contacts.csv for the demo data, and those HubSpot has already.

All addresses are at example.com, which belongs to nobody (RFC 2606).
"""

import csv
import json
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import Request

import numpy as np

from olist.files import emails
from olist.local.sandbox_process import DIRECTLY

FILE_NAME = "customer_contacts.csv"
COLUMNS = ("customer_unique_id", "email", "first_name", "last_name", "opted_out")
FIRST_NAMES = (
    "Ana,Antônio,Beatriz,Bruno,Caio,Camila,Carlos,Cecília,Daniel,Débora,Eduardo,Fernanda,Francisco,Gabriela,"
    "Gustavo,Helena,Igor,Isabela,João,José,Júlia,Larissa,Lucas,Luís,Luíza,Marcelo,Maria,Mariana,Mateus,"
    "Natália,Paulo,Pedro,Rafael,Renata,Rodrigo,Sônia,Tatiana,Thiago,Vanessa,Vitória"
)
LAST_NAMES = (
    "Almeida,Alves,Araújo,Barbosa,Barros,Cardoso,Carvalho,Castro,Costa,da Silva,de Souza,Dias,dos Santos,"
    "Fernandes,Ferreira,Freitas,Gomes,Gonçalves,Lima,Lopes,Machado,Martins,Melo,Mendes,Monteiro,Moreira,"
    "Nascimento,Nunes,Oliveira,Pereira,Ramos,Ribeiro,Rocha,Rodrigues,Soares,Teixeira,Vieira"
)
# Shares of the people; of those in the file; of those with an e-mail.
IN_FILE = 0.667
OPTED_OUT, WITHOUT_EMAIL, IN_CAPITALS = 0.005, 0.01, 0.02
SHARED, UNUSABLE, IN_HUBSPOT = 0.002, 0.0007, 0.05
SLIPS = ("{0}@@example.com", "{0}.example.com", "{0}@example", "{0} @example.com", "{0}@example..com")
BATCH = 100


def write_contacts(folder: Path, seed: int) -> int:
    """Writes the file beside the others of a demo folder. Returns its rows; equal files give equal bytes."""
    people = _people(folder / "olist_customers_dataset.csv")
    first_names, last_names = FIRST_NAMES.split(","), LAST_NAMES.split(",")
    rng = np.random.default_rng([seed, len(people)])
    rows = 0
    before = ""
    with (folder / FILE_NAME).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, person in enumerate(people):
            # As many numbers for everybody, so that one share can change without all others.
            is_in, is_out, has_none, is_loud, is_shared, is_slip = rng.random(6)
            first, last = (
                first_names[rng.integers(len(first_names))],
                last_names[rng.integers(len(last_names))],
            )
            if is_in >= IN_FILE:
                continue
            name = f"{_plain(first)}.{_plain(last)}{number}"
            email = f"{name}@example.com"
            if has_none < WITHOUT_EMAIL:
                email = ""
            elif is_slip < UNUSABLE:
                email = SLIPS[number % len(SLIPS)].format(name)
            elif is_shared < SHARED and before:
                email = before
            elif is_loud < IN_CAPITALS:
                email = email.upper()
            writer.writerow((person, email, first, last, "true" if is_out < OPTED_OUT else ""))
            before = email
            rows += 1
    return rows


def in_hubspot_already(folder: Path) -> Iterator[dict[str, str]]:
    """Properties of those whom the shop's HubSpot account knew before: no two with one e-mail."""
    seen = set()
    with (folder / FILE_NAME).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            email, _ = emails.check(row["email"])
            if email and email not in seen and int(row["customer_unique_id"][:4], 16) < IN_HUBSPOT * 0x10000:
                yield {"email": email, "firstname": row["first_name"], "lastname": row["last_name"]}
            seen.add(email)


def put_into_sandbox(folder: Path, url: str, token: str) -> int:
    """Makes those contacts in the sandbox, but those whose e-mail is there. Returns how many it made."""
    made = 0
    people = list(in_hubspot_already(folder))
    for start in range(0, len(people), BATCH):
        batch = people[start : start + BATCH]
        asked = {"idProperty": "email", "inputs": [{"id": each["email"]} for each in batch]}
        found = _post(f"{url}/crm/v3/objects/contacts/batch/read", token, asked | {"properties": ["email"]})
        there = {each["properties"]["email"] for each in found["results"]}
        new = [{"properties": each} for each in batch if each["email"] not in there]
        if new:
            _post(f"{url}/crm/v3/objects/contacts/batch/create", token, {"inputs": new})
            made += len(new)
    return made


def _post(url: str, token: str, body: Mapping[str, object]) -> dict[str, list[dict[str, dict[str, str]]]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with DIRECTLY.open(Request(url, json.dumps(body).encode(), headers), timeout=30) as answer:
        found: dict[str, list[dict[str, dict[str, str]]]] = json.load(answer)
        return found


def _people(customers: Path) -> list[str]:
    """Everybody once, in the order of the file."""
    with customers.open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(row["customer_unique_id"] for row in csv.DictReader(file)))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name.replace(" ", "")).encode("ascii", "ignore").decode().lower()
