"""The countries of ISO 3166-1, by their codes and by the names people give them in English."""

import difflib
from dataclasses import dataclass, field
from functools import cache

from imports.rules.base import Checker, InvalidCell, Rule
from imports.rules.wording import truncate

# Three letters, two letters, the name that is stored.
LIST = """
AFG AF Afghanistan; ALB AL Albania; DZA DZ Algeria; ASM AS American Samoa; AND AD Andorra; AGO AO
Angola; AIA AI Anguilla; ATA AQ Antarctica; ATG AG Antigua and Barbuda; ARG AR Argentina; ARM AM
Armenia; ABW AW Aruba; AUS AU Australia; AUT AT Austria; AZE AZ Azerbaijan; BHS BS Bahamas; BHR BH
Bahrain; BGD BD Bangladesh; BRB BB Barbados; BLR BY Belarus; BEL BE Belgium; BLZ BZ Belize; BEN BJ
Benin; BMU BM Bermuda; BTN BT Bhutan; BOL BO Bolivia; BIH BA Bosnia and Herzegovina; BWA BW
Botswana; BVT BV Bouvet Island; BRA BR Brazil; IOT IO British Indian Ocean Territory; VGB VG
British Virgin Islands; BRN BN Brunei; BGR BG Bulgaria; BFA BF Burkina Faso; BDI BI Burundi; KHM KH
Cambodia; CMR CM Cameroon; CAN CA Canada; CPV CV Cape Verde; BES BQ Caribbean Netherlands; CYM KY
Cayman Islands; CAF CF Central African Republic; TCD TD Chad; CHL CL Chile; CHN CN China; CXR CX
Christmas Island; CCK CC Cocos (Keeling) Islands; COL CO Colombia; COM KM Comoros; COK CK Cook
Islands; CRI CR Costa Rica; HRV HR Croatia; CUB CU Cuba; CUW CW Curaçao; CYP CY Cyprus; CZE CZ
Czechia; COD CD Democratic Republic of the Congo; DNK DK Denmark; DJI DJ Djibouti; DMA DM Dominica;
DOM DO Dominican Republic; ECU EC Ecuador; EGY EG Egypt; SLV SV El Salvador; GNQ GQ Equatorial
Guinea; ERI ER Eritrea; EST EE Estonia; SWZ SZ Eswatini; ETH ET Ethiopia; FLK FK Falkland Islands;
FRO FO Faroe Islands; FJI FJ Fiji; FIN FI Finland; FRA FR France; GUF GF French Guiana; PYF PF
French Polynesia; ATF TF French Southern Territories; GAB GA Gabon; GMB GM Gambia; GEO GE Georgia;
DEU DE Germany; GHA GH Ghana; GIB GI Gibraltar; GRC GR Greece; GRL GL Greenland; GRD GD Grenada;
GLP GP Guadeloupe; GUM GU Guam; GTM GT Guatemala; GGY GG Guernsey; GIN GN Guinea; GNB GW
Guinea-Bissau; GUY GY Guyana; HTI HT Haiti; HMD HM Heard Island and McDonald Islands; HND HN
Honduras; HKG HK Hong Kong; HUN HU Hungary; ISL IS Iceland; IND IN India; IDN ID Indonesia; IRN IR
Iran; IRQ IQ Iraq; IRL IE Ireland; IMN IM Isle of Man; ISR IL Israel; ITA IT Italy; CIV CI Ivory
Coast; JAM JM Jamaica; JPN JP Japan; JEY JE Jersey; JOR JO Jordan; KAZ KZ Kazakhstan; KEN KE Kenya;
KIR KI Kiribati; KWT KW Kuwait; KGZ KG Kyrgyzstan; LAO LA Laos; LVA LV Latvia; LBN LB Lebanon; LSO
LS Lesotho; LBR LR Liberia; LBY LY Libya; LIE LI Liechtenstein; LTU LT Lithuania; LUX LU
Luxembourg; MAC MO Macao; MDG MG Madagascar; MWI MW Malawi; MYS MY Malaysia; MDV MV Maldives; MLI
ML Mali; MLT MT Malta; MHL MH Marshall Islands; MTQ MQ Martinique; MRT MR Mauritania; MUS MU
Mauritius; MYT YT Mayotte; MEX MX Mexico; FSM FM Micronesia; MDA MD Moldova; MCO MC Monaco; MNG MN
Mongolia; MNE ME Montenegro; MSR MS Montserrat; MAR MA Morocco; MOZ MZ Mozambique; MMR MM Myanmar;
NAM NA Namibia; NRU NR Nauru; NPL NP Nepal; NLD NL Netherlands; NCL NC New Caledonia; NZL NZ New
Zealand; NIC NI Nicaragua; NER NE Niger; NGA NG Nigeria; NIU NU Niue; NFK NF Norfolk Island; PRK KP
North Korea; MKD MK North Macedonia; MNP MP Northern Mariana Islands; NOR NO Norway; OMN OM Oman;
PAK PK Pakistan; PLW PW Palau; PSE PS Palestine; PAN PA Panama; PNG PG Papua New Guinea; PRY PY
Paraguay; PER PE Peru; PHL PH Philippines; PCN PN Pitcairn; POL PL Poland; PRT PT Portugal; PRI PR
Puerto Rico; QAT QA Qatar; COG CG Republic of the Congo; ROU RO Romania; RUS RU Russia; RWA RW
Rwanda; REU RE Réunion; BLM BL Saint Barthélemy; SHN SH Saint Helena; KNA KN Saint Kitts and Nevis;
LCA LC Saint Lucia; MAF MF Saint Martin; SPM PM Saint Pierre and Miquelon; VCT VC Saint Vincent and
the Grenadines; WSM WS Samoa; SMR SM San Marino; STP ST Sao Tome and Principe; SAU SA Saudi Arabia;
SEN SN Senegal; SRB RS Serbia; SYC SC Seychelles; SLE SL Sierra Leone; SGP SG Singapore; SXM SX
Sint Maarten; SVK SK Slovakia; SVN SI Slovenia; SLB SB Solomon Islands; SOM SO Somalia; ZAF ZA
South Africa; SGS GS South Georgia and the South Sandwich Islands; KOR KR South Korea; SSD SS South
Sudan; ESP ES Spain; LKA LK Sri Lanka; SDN SD Sudan; SUR SR Suriname; SJM SJ Svalbard and Jan
Mayen; SWE SE Sweden; CHE CH Switzerland; SYR SY Syria; TWN TW Taiwan; TJK TJ Tajikistan; TZA TZ
Tanzania; THA TH Thailand; TLS TL Timor-Leste; TGO TG Togo; TKL TK Tokelau; TON TO Tonga; TTO TT
Trinidad and Tobago; TUN TN Tunisia; TUR TR Turkey; TKM TM Turkmenistan; TCA TC Turks and Caicos
Islands; TUV TV Tuvalu; VIR VI US Virgin Islands; UGA UG Uganda; UKR UA Ukraine; ARE AE United Arab
Emirates; GBR GB United Kingdom; USA US United States; UMI UM United States Minor Outlying Islands;
URY UY Uruguay; UZB UZ Uzbekistan; VUT VU Vanuatu; VAT VA Vatican City; VEN VE Venezuela; VNM VN
Vietnam; WLF WF Wallis and Futuna; ESH EH Western Sahara; YEM YE Yemen; ZMB ZM Zambia; ZWE ZW
Zimbabwe; ALA AX Åland Islands
"""
# Other names, official or everyday.
ALSO = {
    "Bosnia & Herzegovina": "BA",
    "Brunei Darussalam": "BN",
    "Burma": "MM",
    "Cabo Verde": "CV",
    "Congo": "CG",
    "Côte d'Ivoire": "CI",
    "Czech Republic": "CZ",
    "DR Congo": "CD",
    "East Timor": "TL",
    "England": "GB",
    "Great Britain": "GB",
    "Holland": "NL",
    "Holy See": "VA",
    "Korea": "KR",
    "Macau": "MO",
    "Macedonia": "MK",
    "Northern Ireland": "GB",
    "Republic of Ireland": "IE",
    "Republic of Korea": "KR",
    "Russian Federation": "RU",
    "Scotland": "GB",
    "Swaziland": "SZ",
    "The Gambia": "GM",
    "The Netherlands": "NL",
    "Türkiye": "TR",
    "UAE": "AE",
    "UK": "GB",
    "United States of America": "US",
    "Viet Nam": "VN",
    "Wales": "GB",
}


@cache
def spellings() -> dict[str, str]:
    """The stored name by every way to write it, without case."""
    entries = [entry.split(maxsplit=2) for entry in " ".join(LIST.split()).split("; ")]
    names = {two: name for _, two, name in entries}
    found = {text.casefold(): entry[2] for entry in entries for text in entry}
    return found | {text.casefold(): names[two] for text, two in ALSO.items()}


@dataclass(frozen=True)
class Country(Rule):
    """A country by name or ISO code; its value is the name."""

    code: str = field(default="INVALID_COUNTRY", kw_only=True)
    message_template = "{field} '{value}' is no country we know. Did you mean '{suggestion}'?"
    in_words = "a country: its English name, or its ISO code of two or three letters"
    remedy = "Write the English name, such as Germany, or the ISO code, such as DE or DEU."

    def checker(self, label: str) -> Checker:
        known = spellings()

        def check(text: str) -> str:
            if (name := known.get(text[:100].casefold())) is None:
                # Codes are too short to be near to anything but other codes.
                names = [name for name in known if len(name) > 3]
                near = difflib.get_close_matches(text[:100].casefold(), names, n=1)
                hint = f" Did you mean '{known[near[0]]}'?" if near else ""
                raise InvalidCell(f"{label} '{truncate(text)}' is no country we know.{hint}")
            return name

        return check
