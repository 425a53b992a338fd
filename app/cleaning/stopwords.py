"""The words that sentences are made of and labels are not, in the languages of the news pages measured."""

from __future__ import annotations

_WORDS = (
    # en
    "the of and to in a is that for was on with as at by it from be are this have has had were not but "
    "they their which an or who will would been his her he she we you i its said after when there more "
    "about into than "
    # de
    "der die das und ist von den mit zu auf dem des ein eine im für nicht sich als auch es an werden "
    "aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur "
    "oder aber vor zur bis "
    # fr
    "le la les et des du une dans est que pour qui sur pas par plus au ce avec il sont ont été se cette "
    "mais elle nous aux leur ses "
    # es, pt
    "el los las del una por con para se al lo como más su sus fue este esta pero ha han está ser entre "
    "sobre o os da do dos em um uma não na no nas nos ao mais foi ele ela são pela pelo também "
    # it, ro, ca
    "il di che è gli nel della dei delle alla sono anche non si più dal ma ed lo stato questo și în nu "
    "este care cu pe din mai fost să au pentru "
    # nl, af
    "het een van en dat niet zijn met voor op te aan hij ook er maar om uit bij naar door wordt werd "
    "nog "
    # sv, da, no, is, fi
    "och att det som är för på av inte har till ett men om kan var jag så vi ikke og til er med hvad "
    "han hun den fra blir ved ja on ei että se oli ovat mutta kun myös "
    # pl, cs, sk, hr, sl, sr
    "w z się nie że jest na do jak przez od po ale był które oraz za a v ve je že si byl jsou pro ale "
    "také s kako bi su iz koji što nije još "
    # hu, tr, et, lt, lv
    "az és hogy egy nem van meg csak ezt volt bir ve bu için ile de da olarak daha olan çok ne gibi "
    "kadar ir kad tai su ja ka un kas "
    # ru, uk, bg
    "и в не на что с по как это из у к от за для но его был она они мы все так же о бы после і й та що "
    "до від це або про його се да са като "
    # el
    "και το της του η ο να τη την με για που από στο στη οι τα είναι δεν θα στην "
    # id, ms, vi, tl, sw
    "yang dan di ini itu dengan untuk dari dalam tidak akan pada adalah juga ke và của là có cho không "
    "được ang ng sa na ay mga kwa ya wa ni "
    # ar, fa, ur, he
    "في من على إلى أن عن التي الذي مع هذا هذه كان و از به که را این است با کے میں کی ہے سے של את על לא "
    "הוא "
    # hi, bn, mr, ne, ta
    "के में की है से को का और ने पर नहीं हैं यह भी था এই ও না করে থেকে "
    # ko
    "있다 것 수 등 및 그 이 있는 한 지난 대한 "
)

STOP_WORDS = frozenset(_WORDS.split())

WIDE_PARTICLES = frozenset("のはをにがとでもたてるい的了是在和不有这這为為对對")
