"""News agencies: the forms in which they are printed, and one short code for each."""

from __future__ import annotations

import re

_PRINTED: dict[str, tuple[str, ...]] = {
    "AAP": ("Australian Associated Press",),
    "AFP": (
        "Agence France-Presse",
        "Agence France Presse",
        "法新社",
        "АФП",
        "أ ف ب",
        "ا ف ب",
        "أ.ف.ب",
        "ا.ف.ب",
        "فرانس برس",
    ),
    "Agencies": ("Agency", "Agencias", "Agenturen", "Agences", "Agenzie", "News Agencies", "Agencies/Staff"),
    "AGI": (),
    "AKI": (),
    "Anadolu": (
        "AA",
        "Anadolu Agency",
        "Anadolu Ajansı",
        "الأناضول",
    ),
    "ANI": (),
    "ANP": (),
    "ANSA": (),
    "AP": (
        "Associated Press",
        "The Associated Press",
        "AP通信",
        "美联社",
        "美聯社",
        "APテレビ",
        "أسوشيتد برس",
        "أ ب",
        "أ.ب",
    ),
    "APA": ("Austria Presse Agentur",),
    "BBC": ("BBC News",),
    "Belga": (),
    "Bernama": (),
    "Bloomberg": ("Bloomberg News", "彭博社"),
    "Business Wire": ("BusinessWire",),
    "CNN": (),
    "CNS": ("China News Service", "中新社", "中新网", "China News"),
    "CP": ("Canadian Press", "The Canadian Press"),
    "ČTK": ("CTK",),
    "Dow Jones": ("Dow Jones Newswires", "DJ"),
    "dpa": (
        "Deutsche Presse-Agentur",
        "dpa-infocom",
        "德新社",
        "د ب أ",
        "د.ب.أ",
    ),
    "dpa-AFX": (),
    "EFE": ("埃菲社", "Agencia EFE"),
    "epa": (),
    "Europa Press": ("EP",),
    "GlobeNewswire": ("GLOBE NEWSWIRE", "Globe Newswire"),
    "IANS": (),
    "Interfax": ("Интерфакс",),
    "IRIN": (),
    "IRNA": (),
    "Jiji": ("Jiji Press", "時事", "時事通信", "時事通信社"),
    "KCNA": ("朝鮮中央通信",),
    "KUNA": (
        "Kuwait News Agency",
        "كونا",
    ),
    "Kyodo": ("Kyodo News", "共同", "共同通信", "共同通信社", "共同社"),
    "Lusa": ("Agência Lusa",),
    "MENA": (
        "أ ش أ",
        "أ.ش.أ",
    ),
    "NNA": (),
    "NTB": (),
    "PA": ("PA Media", "Press Association"),
    "PAP": (),
    "PR Newswire": ("PRNewswire", "PRNEWSWIRE"),
    "PTI": ("Press Trust of India",),
    "QNA": ("قنا",),
    "Reuters": (
        "Reuter",
        "Thomson Reuters",
        "Thomson Reuters Foundation",
        "ロイター",
        "ロイター通信",
        "路透社",
        "路透",
        "Рейтер",
        "رويترز",
    ),
    "RIA": ("RIA Novosti", "РИА Новости"),
    "Ritzau": (),
    "SANA": ("سانا",),
    "SDA": ("Keystone-SDA", "sda"),
    "SID": (),
    "SPA": (
        "Saudi Press Agency",
        "واس",
    ),
    "STT": (),
    "TASS": (
        "ТАСС",
        "ITAR-TASS",
        "塔斯社",
        "تاس",
    ),
    "TT": (),
    "UNI": (),
    "UPI": ("United Press International",),
    "WAFA": ("وفا",),
    "WAM": ("وام",),
    "Xinhua": (
        "Xinhua News Agency",
        "新华社",
        "新華社",
        "新华网",
        "新華社通信",
        "شينخوا",
    ),
    "Yonhap": ("Yonhap News Agency", "연합뉴스", "韩联社", "聯合ニュース"),
    "Estadão Conteúdo": ("Estadao Conteudo",),
    "Agência Brasil": ("Agencia Brasil",),
    "Télam": ("Telam",),
    "Notimex": (),
    "AFE": (),
    "Adnkronos": (),
    "LaPresse": (),
    "KNA": (),
    "epd": (),
    "ATS": ("Keystone-ATS",),
    "LETA": (),
    "BNS": (),
    "MTI": (),
    "Ukrinform": (),
    "APP": (),
    "BSS": (),
    "VNA": (),
    "Antara": (),
    "CNA": ("中央社",),
    "SAPA": (),
    "NAN": (),
    "PANA": (),
    "MAP": (),
    "APS": ("واج",),
    "TAP": ("وات",),
    "Petra": ("بترا",),
    "INA": ("واع",),
    "BNA": ("بنا",),
    "ONA": (),
    "NZPA": (),
    "RNZ": (),
    "Variety": (),
}

_CODES = {form.casefold(): code for code, forms in _PRINTED.items() for form in (code, *forms)}
# Short codes are words or names in lower or mixed case ("Map", "Una", "pa"): they count only as printed.
_EXACT = {form: code for code, forms in _PRINTED.items() for form in (code, *forms)}
_CAPITALS = {form.upper(): code for form, code in _EXACT.items()}
_SHORT = 4


def name_agency(printed: str) -> str | None:
    """Return the code of an agency from the form in which it is printed.

    >>> name_agency("The Associated Press"), name_agency("共同"), name_agency("The Harbour Gazette")
    ('AP', 'Kyodo', None)
    """
    printed = printed.strip(" .,:/[]()")
    if len(printed) <= _SHORT:
        return _EXACT.get(printed) or _CAPITALS.get(printed)
    return _CODES.get(printed.casefold())


AGENCY_NAMES = "|".join(sorted(map(re.escape, _EXACT), key=len, reverse=True))
"""The printed forms, as alternatives of a pattern."""
