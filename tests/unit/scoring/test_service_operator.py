"""Settings of who operates the service."""

from pathlib import Path

import pytest

from scoring.runtime.service_operator import ServiceOperator
from scoring.runtime.settings import Settings, SettingsError

ALL = {"NAME": "Rechenwerk GmbH", "ADDRESS": "Am Markt 1, 10115 Berlin", "EMAIL": "post@rechenwerk.example"}


def read(folder: Path, **variables: str) -> ServiceOperator | None:
    """What the settings make of these variables."""
    environ = {f"SCORING_OPERATOR_{name}": text for name, text in variables.items()}
    return Settings.from_environ({"SCORING_DATA_DIR": str(folder), **environ}).operator


@pytest.mark.parametrize(
    ("privacy", "said", "address"),
    [
        ("", "post@rechenwerk.example", "mailto:post@rechenwerk.example"),
        ("dsb@rechenwerk.example", "dsb@rechenwerk.example", "mailto:dsb@rechenwerk.example"),
        ("https://rechenwerk.example/daten", "https://rechenwerk.example/daten", "https://rechenwerk.example/daten"),
    ],
)
def test_questions_about_data_have_an_address(tmp_path: Path, privacy: str, said: str, address: str) -> None:
    """One of its own, or that of everything else."""
    operator = read(tmp_path, **ALL, PRIVACY=privacy)
    assert operator is not None
    assert (operator.name, operator.address, operator.email) == tuple(ALL.values())
    assert (operator.privacy, operator.privacy_address) == (said, address)


def test_nothing_set_names_nobody(tmp_path: Path) -> None:
    """Also where the variables are there and empty, as in compose."""
    assert read(tmp_path) is None
    assert read(tmp_path, NAME="", ADDRESS=" ", EMAIL="", PRIVACY="") is None


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({**ALL, "NAME": ""}, "set SCORING_OPERATOR_NAME, too"),
        (
            {"PRIVACY": "dsb@rechenwerk.example"},
            "SCORING_OPERATOR_NAME, SCORING_OPERATOR_ADDRESS, SCORING_OPERATOR_EMAIL",
        ),
        ({**ALL, "EMAIL": "post"}, "SCORING_OPERATOR_EMAIL: must be an e-mail address"),
        ({**ALL, "ADDRESS": "Am Markt 1\n10115 Berlin"}, "SCORING_OPERATOR_ADDRESS: must be one line"),
        ({**ALL, "NAME": "x" * 301}, "SCORING_OPERATOR_NAME: must be one line"),
        ({**ALL, "PRIVACY": "http://rechenwerk.example"}, "SCORING_OPERATOR_PRIVACY: must be an e-mail address or"),
        ({**ALL, "PRIVACY": "javascript:alert(1)"}, "SCORING_OPERATOR_PRIVACY: must be an e-mail address or"),
    ],
)
def test_a_part_of_it_or_something_else_is_refused(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    """Who operates the service is said as a whole."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **variables)
    assert said in str(caught.value)
