# ruff: noqa: ISC004, RUF001, E501  lists of words read best as text, in their own letters
"""Syllables that invented names of people, streets and towns are put together from, by locale.

Invented, so that nobody bears them, in the sound of the language, so that they read like names.
Every list has an even number of beginnings: the two halves make two sets of words that share none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Syllables:
    """Beginnings and ends of given names, family names and places."""

    given: tuple[str, str]
    family: tuple[str, str]
    place: tuple[str, str]

    def words(self, what: str, variant: int) -> Words:
        """All words of one sort. Shape (n,).

        Args:
            what: given, family or place.
            variant: 0 or 1: which half of the beginnings.
        """
        starts, ends = (text.split() for text in getattr(self, what))
        half = len(starts) // 2
        mine = starts[:half] if variant == 0 else starts[half:]
        return np.array(list(dict.fromkeys(start + end for start in mine for end in ends)))


_SYLLABLES = {
    "en": Syllables(
        given=(
            "Albr Bram Cald Delr Ethr Farl Gwen Hadl Isom Jorr Kelv Larn Merw Norv Osric Perl",
            "a ande eth ine is on or ric una ward wen yn",
        ),
        family=(
            "Ashb Brack Cresk Dunth Elkh Farnd Gorst Hawd Ickl Kesw Lorn Mardl Nethr Ormsk Pendr "
            "Quarl",
            "athwick ebrand elstow enfold erby ibourne olme orthing ower ucombe umber ystead",
        ),
        place=(
            "Alder Birchen Copper Drift Elder Fallow Gander Heather Ivory Juniper Kestrel Lantern "
            "Marrow Nettle Otter Pewter",
            "bourne combe dale fold garth holt mere shaw stowe thwaite wick wold",
        ),
    ),
    "de": Syllables(
        given=(
            "Adalm Berthl Diew Elfg Frohm Gundl Hilm Isg Jorg Kunig Liebg Mechth Notg Ortl Roswg "
            "Sigl",
            "ara art ein elin ene ert ina inde old olf und unde",
        ),
        family=(
            "Ahlen Birken Dorn Eber Falken Grüner Hasel Immen Karben Linden Mohren Nebel Otter "
            "Quellen Raben Silber",
            "brech dörfer fels gruber hauser kamper lechner mühler reuther siepen wieser zeller",
        ),
        place=(
            "Amsel Buchen Distel Eichen Farn Ginster Holunder Igel Kiebitz Lerchen Moos Nuss Otter "
            "Pappel Reiher Schilf",
            "au bruch dorf eck furt grund heide loh moor rode stein winkel",
        ),
    ),
    "fr": Syllables(
        given=(
            "Aldr Bérang Clovr Dorim Églant Flavr Gontr Hermel Isaur Josel Lidr Mélis Nivel Ophr "
            "Perc Quitt",
            "ain ance and ine elle ette ien ine ise on onde ulf",
        ),
        family=(
            "Aubr Bellem Chanter Durév Estr Fontér Gaill Hautev Jonqu Lamber Montr Noirv Orsel "
            "Perrév Rocam Saulv",
            "ade aire anges eau elin erolles ieux igny onval oux uchet uisson",
        ),
        place=(
            "Aubé Bruy Charmé Douv Épin Fresn Genê Houx Jonc Lavand Mûri Noiset Orm Peupl Ronc "
            "Saul",
            "aie anges eau elles erie eroy ettes ière igny oges olles ouse",
        ),
    ),
    "es": Syllables(
        given=(
            "Alduer Bel Cland Dorel Elv Fler Gundem Hermel Ilar Jacel Lisar Melc Nerald Orland "
            "Perel Ros",
            "ando ara esto iana ido inda iro isa ona ondo ura uz",
        ),
        family=(
            "Albarr Beltr Carran Durang Esparr Fuentel Gallard Huert Izarr Lobarr Montef Navarr "
            "Olmed Peñar Robled Salced",
            "aga ales anza ea eda elas endia ero ibel illo osa uela",
        ),
        place=(
            "Alam Brez Carrasc Dehes Encin Fresn Guij Heled Junqu Lent Madroñ Noguer Oliv Pin "
            "Retam Sauc",
            "aleda ales ar areda edal eja era eras illa illo osa uela",
        ),
    ),
    "it": Syllables(
        given=(
            "Aldobr Bereng Cland Desid Ermel Fiorel Gualt Ildebr Lionel Melis Nerand Ortens Pell "
            "Rosalv Selv Tiber",
            "anda ando aro ea ella ena ero iana ina ino olda olfo",
        ),
        family=(
            "Albarel Brambil Castag Dorsol Falcon Gherar Lodovic Mantel Nespol Orsil Passer "
            "Quercet Rovell Salic Tamber Vergol",
            "aghi andi ari ati azzi eghi elli eri ighi ini oldi uzzi",
        ),
        place=(
            "Acer Betul Castag Felc Frassin Ginepr Laricel Mirtil Nocciol Olmet Pioppel Querc "
            "Roveret Salic Tigliet Vimer",
            "ago aia ano ara eda ella eto ice igo ola one ora",
        ),
    ),
    "pl": Syllables(
        given=(
            "Bogum Czesł Dobr Gniew Jarom Lub Mściw Niem Ostr Przem Radz Sław Świet Więc Zbyl Żel",
            "ana ida iga ila imir in isława omir on osław una yna",
        ),
        family=(
            "Bielon Czarnol Dębor Grabow Jasień Kalin Lipow Modrz Olszan Piasecz Rokit Sosnow "
            "Topol Wierzb Zagaj Żurawn",
            "acki arz czak czuk ecki el enda icz ik owicz owski yga",
        ),
        place=(
            "Bagn Brzoz Cis Dęb Grab Jarzęb Klon Lesz Modrz Olsz Paproc Rokit Sosn Topol Wierzb "
            "Żuraw",
            "ana anka ewo ice in ina isko ki nica owa owiec ówka",
        ),
    ),
    "sv": Syllables(
        given=(
            "Alv Bryn Dagr Eskl Fridm Gunl Hjalm Ing Jorv Ketl Ljuv Mård Nann Odv Ragn Signh",
            "a ar e eborg ild in is mund na olf un vard",
        ),
        family=(
            "Alm Björk Dal Ek Furu Grön Hav Is Klint Ljung Mo Norr Rönn Sälg Tall Vide",
            "bratt croona dotter flod gårdh hielm kvist lander mark sköld torp ving",
        ),
        place=(
            "Abborr Björk Enebär Fjäll Gran Hassel Järv Korp Lax Måsa Näver Orr Räv Sälg Torne "
            "Uggle",
            "berga by dala hult köp lunda mora näs sjö torpa vik åsen",
        ),
    ),
    "ru": Syllables(
        given=(
            "Бор Велим Горд Добр Елис Жар Зван Ижес Креп Люб Мил Неж Ост Прем Рост Свят",
            "ава ан ей ена ила ина ислав ита омир он яна яр",
        ),
        family=(
            "Берёз Вяз Грач Дубр Ельн Журав Зарниц Ивол Калин Липов Медун Ольх Пихт Ряб Сосн Тополь",
            "ев евский ин ихин кин ков ник нов овец ский ухин чук",
        ),
        place=(
            "Берез Вешн Глух Дубк Ельц Журав Зареч Иволг Камыш Лип Мшан Ольх Пихт Рогоз Сосн Тальн",
            "ано евка енка ец ино инск истое ица ки ное овка уха",
        ),
    ),
}
_ALSO = {
    "nl": "de", "da": "sv", "nb": "sv", "no": "sv", "fi": "sv", "pt": "es", "ro": "it", "cs": "pl",
    "sk": "pl", "hr": "pl", "uk": "ru", "bg": "ru",
}  # fmt: skip
"""Languages that borrow another's syllables."""


def syllables(locale: str | None) -> Syllables:
    """The syllables of a locale's language; English where it has none."""
    language = (locale or "en_US").partition("_")[0]
    return _SYLLABLES.get(_ALSO.get(language, language), _SYLLABLES["en"])
