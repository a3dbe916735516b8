"""Settings of the OpenID provider with which persons may sign in."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from scoring.base.secrets import Secret

DEFAULT_NAME_CLAIM = "preferred_username"


class OpenIdSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One provider, and how its users are matched with persons."""

    issuer: str
    """Address of the provider, exactly as it names itself."""
    client_id: str
    client_secret: Secret | None = None
    """None for a public client, which PKCE alone protects."""
    lender: str | None = None
    """Lender of all users; None reads ``lender_claim``."""
    lender_claim: str | None = None
    name_claim: str = DEFAULT_NAME_CLAIM
    """Claim with the person's name; users must not be able to change it themselves."""
    contexts: tuple[str, ...] = ()
    """Values of ``acr`` of which one is demanded, such as one that stands for a second factor."""


def read_openid(reader: Any) -> OpenIdSettings | None:  # noqa: ANN401  the reader of ``settings``, which imports this
    """Read the ``OIDC_*`` variables; None where no provider is named. Problems are left with the reader."""
    issuer = reader.take("OIDC_ISSUER", _issuer, None)
    values: dict[str, Any] = {
        "client_id": reader.take("OIDC_CLIENT_ID", str, None),
        "client_secret": reader.take("OIDC_CLIENT_SECRET", Secret, None),
        "lender": reader.take("OIDC_LENDER", str, None),
        "lender_claim": reader.take("OIDC_LENDER_CLAIM", str, None),
        "name_claim": reader.take("OIDC_NAME_CLAIM", str, DEFAULT_NAME_CLAIM),
        "contexts": reader.take("OIDC_ACR", _names, ()),
    }
    if issuer is None:
        if any(value for name, value in values.items() if name != "name_claim"):
            reader.problems.append("SCORING_OIDC_ variables are set, but SCORING_OIDC_ISSUER is not: set it")
        return None
    if values["client_id"] is None:
        reader.problems.append("SCORING_OIDC_CLIENT_ID is missing: the provider gives one to each service")
    if (values["lender"] is None) == (values["lender_claim"] is None):
        reader.problems.append(
            "set one of SCORING_OIDC_LENDER and SCORING_OIDC_LENDER_CLAIM: they say whose persons sign in"
        )
    return OpenIdSettings(issuer=issuer, **{**values, "client_id": values["client_id"] or ""})


def is_safe_address(address: str) -> bool:
    """Whether an address of the provider is https, or on this machine."""
    parts = urlsplit(address)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def _issuer(text: str) -> str:
    if not is_safe_address(text) or urlsplit(text).query or urlsplit(text).fragment:
        raise ValueError("must be an https URL without query and fragment (http only for localhost)")
    return text


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
