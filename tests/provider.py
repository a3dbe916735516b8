"""An OpenID provider for tests: a real HTTP server on this machine, which a test can make lie.

It is written from the specifications and shares no code with the service. Whoever comes is signed in at once.
"""

import base64
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

CLIENT, CLIENT_SECRET = "hauptbuch", "hush: 100% secret"
KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}


@dataclass(kw_only=True)
class Provider:
    """The provider, and what a test may turn."""

    url: str
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Put into the next tokens, in place of the true ones; None leaves a claim out."""
    description: dict[str, Any] = field(default_factory=dict)
    """Put into its description of itself."""
    algorithm: str = "RS256"
    sign: Callable[[dict[str, Any]], str] | None = None
    """Makes tokens in another way."""
    published: list[str] = field(default_factory=lambda: list(KEYS))
    keys: Any = None
    """Published in place of the true ones."""
    is_down: bool = False
    issuer_in_answer: str | None = None
    used: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    """Paths of all requests."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  as ASGI has it
        """Answer one request."""
        body = (await receive()).get("body", b"")
        self.asked.append(scope["path"])
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer, location = self._answer(scope["path"], query, form, headers.get("authorization", ""))
        fields = [(b"content-type", b"application/json"), *([(b"location", location.encode())] if location else [])]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(
        self, path: str, query: dict[str, str], form: dict[str, str], authorization: str
    ) -> tuple[int, Any, str]:
        if self.is_down:
            return 503, "down", ""
        if path == "/.well-known/openid-configuration":
            return 200, self._description(), ""
        if path == "/keys":
            if self.keys is not None:
                return 200, self.keys, ""
            return 200, {"keys": [KEYS[name].as_dict(private=False) for name in self.published]}, ""
        if path == "/authorize":
            return 303, None, self._authorise(query)
        return self._redeem(form, authorization)

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            **self.description,
        }

    def _authorise(self, query: dict[str, str]) -> str:
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = {"code": code, "state": query["state"]}
        if self.issuer_in_answer is not None:
            answer["iss"] = self.issuer_in_answer
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def _redeem(self, form: dict[str, str], authorization: str) -> tuple[int, Any, str]:
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(secret)) != (CLIENT, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}, ""
        asked = self.codes.get(form.get("code", ""))
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_right = (
            asked is not None
            and form["code"] not in self.used
            and form["redirect_uri"] == asked["redirect_uri"]
            and base64.urlsafe_b64encode(proof).decode().rstrip("=") == asked["code_challenge"]
        )
        if not is_right or asked is None:
            return 400, {"error": "invalid_grant"}, ""
        self.used.add(form["code"])
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self._token(asked["nonce"])}, ""

    def _token(self, nonce: str) -> str:
        claims = {
            "iss": self.url,
            "sub": "248289761001",
            "aud": CLIENT,
            "exp": int(self.now()) + 300,
            "iat": int(self.now()),
            "nonce": nonce,
            "preferred_username": "anna",
            **self.claims,
        }
        return (self.sign or self.signed)({name: value for name, value in claims.items() if value is not None})

    def signed(self, claims: dict[str, Any]) -> str:
        """A token with the provider's key."""
        key = KEYS[self.algorithm]
        header = {"alg": self.algorithm, "kid": key.kid}
        return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[self.algorithm])


@contextmanager
def provider_running() -> Iterator[Provider]:
    """A provider at a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        provider = Provider(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(provider, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join()
