"""The countries of ISO 3166-1, by their two letters."""

from collections.abc import Mapping
from functools import lru_cache

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()
)


_ALSO_CALLED = {
    "czech republic": "CZ",
    "great britain": "GB",
    "korea": "KR",
    "republic of korea": "KR",
    "russian federation": "RU",
    "the netherlands": "NL",
    "turkey": "TR",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
}
"""Names that sources use besides the usual English ones."""


_BELONGS_TO = {
    **dict.fromkeys("BL GF GP MF MQ NC PF PM RE TF WF YT".split(), "FR"),
    **dict.fromkeys("AS GU MP PR UM VI".split(), "US"),
    **dict.fromkeys("GG GI IM JE".split(), "GB"),
    **dict.fromkeys("AW BQ CW SX".split(), "NL"),
    **dict.fromkeys("FO GL".split(), "DK"),
    "AX": "FI",
    "SJ": "NO",
}
"""Parts of the world with a code of their own, and the country whose name they may go by."""


def code_of(name: str) -> str | None:
    """The code of a country that a source names in English, or by its code; None: not known."""
    bare = " ".join(name.split())
    if bare in COUNTRIES:
        return bare
    return _codes().get(bare.casefold())


def are_apart(one: str, other: str) -> bool:
    """Whether two codes stand for different countries, whose posts no source takes for one."""
    return _BELONGS_TO.get(one, one) != _BELONGS_TO.get(other, other)


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    from babel import Locale  # noqa: PLC0415

    names = Locale.parse("en").territories
    return {names[code].casefold(): code for code in COUNTRIES if code in names} | _ALSO_CALLED
