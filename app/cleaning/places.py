"""Places of datelines: well-known cities, regions, and the countries they are in.

The table is places.json (GeoNames, CC BY 4.0; made by scripts/make_places.py). What newsrooms call a city in
other languages, and how they shorten states, is here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files

_OTHER_NAMES: dict[str, str] = {
    "AE": "Abou Dhabi|Abu Dabi|Doubaï",
    "AT": "Wien|Vienne|Viena|Вена",
    "AF": "Caboul|Kaboul",
    "BE": "Bruxelles|Brüssel|Bruselas|Bruxelas|Brussel|Antwerpen|Anvers|Amberes|Gent|Gand|Lüttich|Luik",
    "BR": "Brasília|Río de Janeiro",
    "CA": "Montréal|Québec|Quebec City",
    "CH": "Genf|Genève|Ginebra|Genebra|Ginevra|Zürich|Bern|Berne|Davos|Lausanne|Basel|Bâle",
    "CN": "Peking|Pékin|Pekín|Pequim|Pechino|Schanghai|Hongkong",
    "CU": "La Habana|La Havane|Havanna|Havana",
    "CZ": "Prag|Praga",
    "DE": "München|Munich|Múnich|Munique|Köln|Cologne|Colonia|Colônia|Francfort|Fráncfort|Frankfurt|"
          "Frankfurt/Main|Nürnberg|Hanover|Berlín|Hamburgo|Berlino|Potsdam|Karlsruhe|Mainz|Wiesbaden|"
          "Schwerin|Erfurt|Magdeburg|Kiel|Saarbrücken",
    "DK": "Kopenhagen|Copenhague|Copenhagen|København|Copenaghen",
    "DZ": "Alger|Argel|Algier",
    "EG": "Kairo|Le Caire|El Cairo|Il Cairo",
    "ES": "Sevilla|Séville|Barcelone|Barcellona|Saragosse|Donostia",
    "ET": "Addis-Abeba|Adís Abeba",
    "FR": "París|Parigi|Marselha|Marsella|Straßburg|Estrasburgo|Nizza|Lyon|Cannes",
    "GB": "Londres|Londra|Édimbourg|Edimburgo|Belfast|Cardiff|Oxford|Cambridge",
    "GR": "Athen|Athènes|Atenas|Atene|Thessaloniki",
    "HU": "Budapeste",
    "IE": "Dublín|Dublino",
    "IL": "Tel Aviv|Jérusalem|Jerusalén|Jerusalem|Gerusalemme|Haifa",
    "IN": "New Delhi|Neu Delhi|Nueva Delhi|Nova Delhi|Bombay|Bangalore|Madras|Calcutta",
    "IQ": "Bagdad|Bagdá|Erbil",
    "IR": "Teheran|Téhéran|Teherán|Teerã|Teerão",
    "IT": "Rom|Roma|Rome|Milano|Mailand|Milán|Milão|Napoli|Neapel|Nápoles|Torino|Turin|Turín|Turim|"
          "Venezia|Venise|Venedig|Venecia|Firenze|Florence|Florenz|Florencia|Genova|Vatican",
    "JP": "Tokio|Tóquio|Kioto|Quioto|Hiroshima",
    "KR": "Séoul|Seúl|Seul",
    "KW": "Kuwait City|Kuwait",
    "LB": "Beyrouth|Beirut",
    "LU": "Luxembourg|Luxemburg",
    "LY": "Tripoli|Tripolis",
    "MA": "Casablanca|Rabat",
    "MC": "Monaco",
    "MM": "Yangon|Rangoon",
    "MX": "Mexico City|Ciudad de México|Mexico|México|Mexiko-Stadt|Cancún|Cancun",
    "NL": "La Haye|La Haya|Den Haag|The Hague|Haag",
    "PA": "Panama City|Ciudad de Panamá",
    "PE": "Lima",
    "PL": "Warschau|Varsovie|Varsovia|Varsóvia|Varsavia|Krakau|Cracovie|Danzig",
    "PS": "Gaza|Gaza City|Ramallah|Gaza Strip|Rafah|Khan Younis|Nablus|Jenin",
    "PT": "Lisboa|Lissabon|Lisbonne|Lisbona|Porto|Oporto",
    "RO": "Bukarest|Bucarest|Bucareste",
    "RS": "Belgrad|Belgrado",
    "RU": "Moskau|Moscou|Moscú|Moscovo|Mosca|Москва|St. Petersburg|Sankt Petersburg|"
          "Saint-Pétersbourg|San Petersburgo",
    "SA": "Riad|Riyad|Jeddah|Mecca|Medina|Dhahran",
    "SE": "Estocolmo|Stoccolma|Göteborg",
    "SG": "Singapour|Singapur",
    "SM": "San Marino",
    "SY": "Damas|Damaskus|Damasco|Aleppo",
    "TH": "Bangkok|Banguecoque",
    "TN": "Tunis|Túnez",
    "TR": "Istanbul|Estambul|Istambul|Ankara",
    "TW": "Taipeh",
    "": "United Nations|Naciones Unidas|Nations Unies|Vereinte Nationen",
    "UA": "Kiev|Kyiv|Kiew|Kijew|Киев|Odessa|Odesa|Lviv|Kharkiv|Lwiw|Charkiw",
    "US": "ワシントン|ニューヨーク|ロサンゼルス|サンフランシスコ|シカゴ|ヒューストン|シアトル|"
    "华盛顿|華盛頓|纽约|紐約|洛杉矶|旧金山|워싱턴|뉴욕|New York|"
          "Nueva York|Nova York|Nova Iorque|Washington|Washington DC|Los Ángeles|San Juan|Filadelfia|"
          "Honolulu|Anchorage|Juneau|Santa Fe|Palo Alto|Cupertino|Redmond|Mountain View|Las Vegas",
    "UY": "Montevideo",
    "VA": "Vatican City|Vatikanstadt|Cité du Vatican|Ciudad del Vaticano|Città del Vaticano|"
          "Cidade do Vaticano",
    "ZA": "Cape Town|Kapstadt|Le Cap|Ciudad del Cabo|Johannesburg|Johannesbourg|Pretoria|"
    "Kapa|eKapa|Port Elizabeth|Gqeberha",
}  # fmt: skip

_ARABIC_NAMES: dict[str, str] = {
    "AE": "دبي|أبوظبي|أبو ظبي|الشارقة",
    "AF": "كابول",
    "AT": "فيينا",
    "BE": "بروكسل",
    "BH": "المنامة",
    "CH": "جنيف",
    "CN": "بكين",
    "DE": "برلين",
    "DZ": "الجزائر",
    "EG": "القاهرة|الإسكندرية",
    "ES": "مدريد",
    "FR": "باريس",
    "GB": "لندن",
    "IL": "القدس|القدس المحتلة|تل أبيب|حيفا",
    "IN": "نيودلهي",
    "IQ": "بغداد|أربيل|البصرة|الموصل",
    "IR": "طهران",
    "IT": "روما",
    "JO": "عمان|عمّان",
    "JP": "طوكيو",
    "KW": "الكويت",
    "LB": "بيروت",
    "LY": "طرابلس|بنغازي",
    "MA": "الرباط|الدار البيضاء",
    "OM": "مسقط",
    "PK": "إسلام آباد",
    "PS": "غزة|رام الله|الخليل|نابلس|جنين|رفح|خان يونس",
    "QA": "الدوحة",
    "RU": "موسكو",
    "SA": "الرياض|جدة|مكة المكرمة|المدينة المنورة|الدمام",
    "SD": "الخرطوم|بورتسودان",
    "SY": "دمشق|حلب",
    "TN": "تونس",
    "TR": "أنقرة|إسطنبول",
    "UA": "كييف",
    "US": "واشنطن|نيويورك",
    "YE": "صنعاء|عدن",
}

_COUNTRIES: dict[str, str] = {
    "GB": "England|Scotland|Wales|Northern Ireland|U.K.|UK|Britain|Großbritannien|Grande-Bretagne|"
          "Royaume-Uni|Reino Unido",
    "US": "U.S.|US|U.S.A.|USA|Etats-Unis|États-Unis|EE.UU.|EUA",
    "KR": "South Korea|Korea|Südkorea",
    "KP": "North Korea|Nordkorea",
    "CZ": "Czech Republic",
    "TR": "Turkey|Türkei|Turquie|Turquía",
    "CD": "Congo|DR Congo|D.R. Congo",
    "CI": "Ivory Coast|Cote d'Ivoire",
    "MM": "Burma",
    "AE": "UAE|U.A.E.|United Arab Emirates",
    "SY": "Syrie|Syrien|Siria",
    "MK": "Macedonia",
    "BA": "Bosnia|Bosnia-Herzegovina",
    "PS": "West Bank|Gaza Strip|Palestine",
    "IN": "Kashmir|India-controlled Kashmir",
    "RS": "Kosovo|Yugoslavia",
    "CV": "Cape Verde",
    "VA": "Vatican",
    "DE": "Deutschland|Allemagne|Alemania|Alemanha|Germania|West Germany",
    "FR": "Frankreich|Francia|França",
    "ES": "Spanien|Espagne|España|Espanha",
    "IT": "Italien|Italie|Italia|Itália",
    "RU": "Russland|Russie|Rusia|Rússia",
    "UA": "Ukraine|Ucrania|Ucrânia",
    "CH": "Schweiz|Suisse|Suiza|Suíça",
    "AT": "Österreich|Autriche",
    "JP": "Japon|Japón|Japão",
    "BR": "Brasil|Brésil|Brasilien",
    "HK": "Hong Kong",
}  # fmt: skip

_STATES = (
    "Ala. Alabama AL Alaska AK Ariz. Arizona AZ Ark. Arkansas AR Calif. California CA Colo. Colorado "
    "CO Conn. Connecticut CT "
    "Del. Delaware DE Fla. Florida FL Ga. Georgia GA Hawaii HI Idaho ID Ill. Illinois IL Ind. "
    "Indiana IN Iowa IA Kan. Kansas KS "
    "Ky. Kentucky KY La. Louisiana LA Maine ME Md. Maryland MD Mass. Massachusetts MA Mich. Michigan "
    "MI Minn. Minnesota MN "
    "Miss. Mississippi MS Mo. Missouri MO Mont. Montana MT Neb. Nebraska NE Nev. Nevada NV N.H. "
    "New_Hampshire NH N.J. New_Jersey "
    "NJ N.M. New_Mexico NM N.Y. New_York NY N.C. North_Carolina NC N.D. North_Dakota ND Ohio OH "
    "Okla. Oklahoma OK Ore. Oregon OR "
    "Pa. Pennsylvania PA R.I. Rhode_Island RI S.C. South_Carolina SC S.D. South_Dakota SD Tenn. "
    "Tennessee TN Texas Tex. TX Utah "
    "UT Vt. Vermont VT Va. Virginia VA Wash. Washington WA W.Va. West_Virginia WV Wis. Wisconsin WI "
    "Wyo. Wyoming WY D.C. DC "
    "P.R. Puerto_Rico"
)
_PROVINCES = (
    "Alberta Alta. British_Columbia B.C. BC Manitoba Man. New_Brunswick N.B. Newfoundland "
    "Nova_Scotia N.S. Ontario Ont. Quebec "
    "Que. Québec Saskatchewan Sask. Yukon Nunavut"
)
_AUSTRALIAN = (
    "New_South_Wales NSW Victoria Vic. Queensland Qld. South_Australia Western_Australia "
    "Tasmania Northern_Territory"
)


def _fold(name: str) -> str:
    """Return a name without case, accents and the marks that newsrooms differ in."""
    decomposed = unicodedata.normalize("NFKD", name.replace("’", "'").strip(" ."))
    kept = "".join(
        letter for letter in decomposed if not unicodedata.combining(letter) or "\u3040" < letter < "\u30ff"
    )
    return unicodedata.normalize("NFC", kept).casefold()


@cache
def _cities() -> dict[str, str]:
    content = json.loads(files("app.cleaning").joinpath("places.json").read_text(encoding="utf-8"))
    known = {_fold(name): code for code, names in content["cities"].items() for name in names}
    for table in (_OTHER_NAMES, _ARABIC_NAMES):
        known.update((_fold(name), code) for code, names in table.items() for name in names.split("|"))
    return known


@cache
def _regions() -> dict[str, str]:
    content = json.loads(files("app.cleaning").joinpath("places.json").read_text(encoding="utf-8"))
    known = {_fold(name): code for name, code in content["countries"].items()}
    known.update((_fold(name), code) for code, names in _COUNTRIES.items() for name in names.split("|"))
    for code, names in (("AU", _AUSTRALIAN), ("CA", _PROVINCES), ("US", _STATES)):
        known.update((_fold(name.replace("_", " ")), code) for name in names.split())
    return known


def is_city(name: str) -> bool:
    """Tell whether a name is a well-known city's.

    >>> is_city("LISBON"), is_city("Sao Paulo"), is_city("Photo")
    (True, True, False)
    """
    return _fold(name) in _cities()


@cache
def _towns() -> frozenset[str]:
    content = files("app.cleaning").joinpath("towns.txt").read_text(encoding="utf-8")
    return frozenset(_fold(name) for name in content.splitlines() if not name.startswith("#"))


def is_town(name: str) -> bool:
    """Tell whether a name is a city's or a smaller town's: many of those are words or names of people, too.

    >>> is_town("LINDI"), is_town("Photo")
    (True, False)
    """
    folded = _fold(name)
    return is_city(name) or folded in _towns() or re.sub(r"^st\.? ", "saint ", folded) in _towns()


def is_region(name: str) -> bool:
    """Tell whether a name, or the last part of it, is a country's, a state's or a province's."""
    return _fold(name.rsplit(", ", 1)[-1].removeprefix("the ").removeprefix("The ")) in _regions()


def find_country(name: str, region: str | None) -> str | None:
    """Return the country of a place from its region, else from the table, else None.

    >>> find_country("Cambridge", "Mass."), find_country("LIVERPOOL", None), find_country("Nowhere", None)
    ('US', 'GB', None)
    """
    if region:
        last = region.rsplit(", ", 1)[-1]
        country = _regions().get(_fold(last)) or _regions().get(
            _fold(last[4:] if last[:4].lower() == "the " else last)
        )
        if country and (country, _cities().get(_fold(name))) != ("US", "GE"):  # Tbilisi, Georgia
            return country
    return _cities().get(_fold(name)) or _regions().get(_fold(name))
