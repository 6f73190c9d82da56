"""`/pricing`: prices per network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.tariff import COUNTRIES, Country, Network
from seven_async.sandbox.core.wire import Answer, json_answer, money, text_answer

_CSV_HEAD: Final = (
    "countryCode", "countryName", "countryPrefix", "mcc", "mnc", "networkName",
    "price", "features", "comment",
)  # fmt: skip


@legacy("POST", "/pricing")
@legacy("GET", "/prices")
@operation("GET", "/pricing")
def get(call: Call) -> Answer:
    """Answer with all countries, or the one of `country`; `format=csv` for a table."""
    wanted = call.params.text_if_set("country").upper()
    chosen = [country for country in COUNTRIES.values() if wanted in ("", country.code)]
    if call.params.text("format").lower() == "csv":
        return text_answer(_csv(chosen))
    return json_answer(
        {
            "countCountries": len(chosen),
            "countNetworks": sum(len(country.networks) for country in chosen),
            "countries": [_country(country) for country in chosen],
        }
    )


def _country(country: Country) -> dict[str, object]:
    return {
        "countryCode": country.code,
        "countryName": country.name,
        "countryPrefix": country.prefix,
        "networks": [_network(network) for network in country.networks],
    }


def _network(network: Network) -> dict[str, object]:
    return {
        "mcc": network.mcc,
        "mncs": list(network.mncs),
        "networkName": network.name,
        "price": money(network.price),
        "features": list(network.features),
        "comment": "",
    }


def _csv(countries: Sequence[Country]) -> str:
    rows: list[tuple[str, ...]] = [_CSV_HEAD]
    for country in countries:
        for network in country.networks:
            features = ",".join(network.features)
            # The columns after the name do not fit the head; recorded like this in 2023.
            rows.append((
                country.code, country.name, country.prefix, network.mcc, network.mncs[0],
                network.name, features, "", str(network.price),
            ))  # fmt: skip
    return "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
