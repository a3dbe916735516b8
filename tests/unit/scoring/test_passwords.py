"""Which passwords a person may choose."""

import pytest

from scoring.usecases.passwords import PasswordError, Weakness, accept


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Größenwahn im Büro",
        "x7Kp2mQ9vL4z",
        "Blutdruckbankett im Turm",
        "Annas Fahrrad quietscht",
        "4@8({[<369&1!|70$5+7%2" * 5,  # measuring all of it would take seconds
        "ж" * 3 + "зелёный чай и лимон",
    ],
)
def test_a_good_password_is_accepted(password: str) -> None:
    """In any script, and though a part of it is the name or the lender."""
    assert accept(password, lender="bank", name="Anna B.").reveal() == password


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("", Weakness.LENGTH),
        ("x7Kp2mQ9vL4", Weakness.LENGTH),
        ("x7Kp2mQ9vL4z" * 11, Weakness.LENGTH),
        ("aaaaaaaaaaaa", Weakness.REPEATED),
        ("abcabcabcabc", Weakness.REPEATED),
        ("x7Kp2mQ9x7Kp2mQ9", Weakness.REPEATED),
        ("letmeinletmein", Weakness.REPEATED),
        ("a" * 128, Weakness.REPEATED),
        ("abcdefghijkl", Weakness.SEQUENCE),
        ("1qaz2wsx3edc", Weakness.COMMON),
        ("987654321098", Weakness.SEQUENCE),
        ("password1234", Weakness.COMMON),
        ("P4ssw0rd1234!", Weakness.COMMON),
        ("Passwort1234!", Weakness.COMMON),
        ("Sommer2026!!!", Weakness.COMMON),
        ("willkommen123", Weakness.COMMON),
        ("Sparkasse2026!", Weakness.COMMON),
        ("qwertyuiop123", Weakness.COMMON),
        ("anna-schmidt-1", Weakness.NAMES),
        ("Musterbank2026!", Weakness.NAMES),
        ("SCHMIDTmusterbank", Weakness.COMMON),
        ("Sommer2026!Sommer", Weakness.COMMON),
        ("Lampe2026!LAMPE", Weakness.REPEATED),
        ("Summer2026!Summer", Weakness.REPEATED),
        ("Fruehling2026!", Weakness.COMMON),
        ("Frühling2026!", Weakness.COMMON),
        ("Donnerstag2026!", Weakness.COMMON),
        ("Düsseldorf2026!", Weakness.COMMON),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_the_reason(password: str, weakness: Weakness) -> None:
    """By length, repetition, order, names, and lists of common ones; the message does not repeat it."""
    with pytest.raises(PasswordError) as refused:
        accept(password, lender="musterbank", name="Anna Schmidt")
    assert refused.value.weakness is weakness
    assert not password or password not in str(refused.value)
