"""What a column's name says about personal data; SDV's detection knows nothing else."""

from __future__ import annotations

import re

from tabular.pii.national import NATIONAL_IDS

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-öø-ÿß]+|[0-9]+|[^\W\d_]+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `dateOfBirth`, `DATE_OF_BIRTH` and `date of birth`."""
    return tuple(part.lower() for part in _PARTS.findall(name))


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALONE = {
    "email": _set("email emails mail courriel correo correio epost eposta posta epostadres"),
    "phone": _set(
        "phone telephone tel telefon telefono téléfono teléfono telefone téléphone telefoon "
        "telefonnummer mobile mobil móvil movil celular cell cellphone fax handy gsm "
        "phonenumber mobiel portable telno msisdn"
    ),
    "iban": _set("iban ibannumber bankkonto kontonummer"),
    "card": _set("creditcard cardnumber ccnumber ccnum pan cardno kreditkarte"),
    "national_id": _set("ssn nationalid passport personalausweis insurance identification")
    | frozenset().union(*(n.words for n in NATIONAL_IDS)),
    "ip": _set("ip ipv4 ipv6 ipaddress ipaddr"),
    "mac": _set("mac macaddress hwaddr bssid"),
    "uuid": _set("uuid guid uid"),
    "url": _set("url uri website homepage webpage link links href site"),
    "given_name": _set(
        "firstname forename givenname vorname prenom prénom prenome fornavn förnamn fornamn "
        "voornaam imie imię fname"
    ),
    "family_name": _set(
        "lastname surname familyname nachname apellido apellidos cognome sobrenome efternamn "
        "etternavn achternaam nazwisko lname familienname secondname"
    ),
    "name": _set("fullname realname displayname naam namn"),
    "address": _set(
        "address addr street strasse straße adresse direccion dirección indirizzo rue adres "
        "endereço endereco anschrift adress domicilio calle adressa"
    ),
    "postal_code": _set(
        "zip zipcode postcode postal plz postleitzahl postnummer postcodes cap cep pincode "
        "postalcode codepostal"
    ),
    "date_of_birth": _set(
        "dob birth birthday birthdate born geburtsdatum geburtstag naissance nacimiento nascita "
        "nascimento geboortedatum födelsedatum birthyear yob geburtsjahr bday"
    ),
    "coordinates": _set("latitude longitude coordinates coords geolocation latlng latlon gps"),
}
_NAME = _set("name names nom nombre nome naam namn")
_GIVEN = _set("first given christian")
_FAMILY = _set("last family maiden second sur")
_PERSON = _set(
    "first last middle full given family maiden person customer client patient employee user "
    "student contact owner member author holder cardholder father mother spouse people persons "
    "customers clients patients employees users students contacts members staff teacher doctor "
    "physician borrower applicant guest passenger tenant pupil citizen participant composer "
    "beneficiary sender recipient kunde kunden mitarbeiter"
)
_GERMAN = _set("kunde mitarbeiter patient schüler inhaber halter benutzer arzt nutzer voll")
_STAFF = _set("doctor physician nurse teacher author composer agent manager supervisor owner")
"""Words that stand for a person by themselves."""
_OTHER_THINGS = _set(
    "count flag is has type status verified consent opt length model brand price cost version "
    "build release valid sent opened clicks created updated modified carrier provider domain "
    "category score rate hours minutes duration amount total company product item brand file "
    "memory bits port subnet"
)
"""Words that make a name one of something about the data, or of something else."""
_THINGS = _set(
    "product products company companies firm item items file city country brand genre category "
    "album track title playlist media type event course subject school department team game "
    "species plant medicine drug street project host table column artist ort stadt land "
    "firma beruf ville pays entreprise ciudad empresa città stad miasto cidade job"
)
_LATITUDE, _LONGITUDE = _set("lat latitude"), _set("lon lng long longitude")


def hinted(name: str, table: str = "") -> frozenset[str]:
    """The kinds that a column's name speaks for.

    Args:
        name: The column's.
        table: Its table's, which says whose `name` it is.
    """
    parts = words(name)
    named = set(parts)
    joined = "".join(parts)
    found = {kind for kind, members in _ALONE.items() if named & members or joined in members}
    if {"e", "mail"} <= named:
        found.add("email")
    if {"card"} & named and {"number", "no", "num", "credit", "nr", "cc", "debit"} & named:
        found.add("card")
    if {"social", "security"} <= named or {"national", "id"} <= named or {"tax", "id"} <= named:
        found.add("national_id")
    if named & _LATITUDE or named & _LONGITUDE:
        found.add("coordinates")
    found |= _hinted_names(parts, frozenset(words(table)))
    if "ip" in found or "mac" in found or "email" in found:
        found.discard("address")
    if found & {"given_name", "family_name"}:
        found.discard("name")
    return frozenset() if named & _OTHER_THINGS else frozenset(found)


def _hinted_names(parts: tuple[str, ...], table: frozenset[str]) -> set[str]:
    # German writes a customer's name as one word.
    named = {part for each in parts for part in (each, *_compound(each))}
    if named & _NAME:
        if named & _GIVEN:
            return {"given_name"}
        if named & _FAMILY:
            return {"family_name"}
        if named & (_PERSON | _GERMAN) or (len(named) == 1 and table & _PERSON):
            return {"name"}
    return {"name"} if named & _STAFF and len(named) == 1 else set()


def _compound(word: str) -> tuple[str, ...]:
    start = word.removesuffix("name")
    return (start, "name") if start != word and start.rstrip("ns") in _PERSON | _GERMAN else ()


def could_be_a_name(name: str, table: str = "") -> bool:
    """Whether a column is called `name` or something that says nothing of its cells."""
    return not set(words(name)) & _THINGS and not set(words(table)) & _THINGS


def most_degrees(name: str) -> int | None:
    """How far from 0 a latitude or longitude may be, if the column is named like one."""
    named = set(words(name))
    # The short words mean other things too, where they stand among many.
    few = len(named) <= 2  # noqa: PLR2004  `long`, `home_long`
    if "latitude" in named or (few and named & _LATITUDE):
        return 90
    return 180 if "longitude" in named or (few and named & _LONGITUDE) else None
