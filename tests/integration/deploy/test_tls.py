"""``deploy/tls``: the proxy in front, run with a certificate of its own before a service that runs."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from container import ROOT

from demo.__main__ import CASES, application, sandbox_firms
from demo.stack import Stack, free_port, running

SAMPLE = ROOT / "deploy/tls/nginx.conf"
PORT, PLAIN = free_port(), free_port()
NAME = "kredit.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a certificate for the name of the sample."""
    made = tmp_path_factory.mktemp("tls")
    openssl = shutil.which("openssl")
    if shutil.which("nginx") is None or openssl is None:
        pytest.skip("nginx or openssl is not installed (Debian: apt install nginx-light openssl)")
    asked = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-days", "1", "-nodes"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "tls.key", "-out", "tls.crt"]
    subprocess.run([openssl, "req", "-x509", *key, *asked], cwd=made, check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """The service with a local sevdesk, told the address of the proxy."""
    settings = {"SCORING_PLAIN_HTTP": "false", "SCORING_PUBLIC_URL": f"https://{NAME}"}
    with running(folder / "data", settings=settings) as started:
        yield started


def nginx(folder: Path, service: str, *words: str) -> subprocess.Popen[str]:
    """nginx with the sample, but for what the sample says to put in, and ports and folders of a test."""
    changes = {
        "server 127.0.0.1:8000;": f"server {service.removeprefix('http://')};",
        "/etc/nginx/tls": str(folder),
        "listen 443 ": f"listen 127.0.0.1:{PORT} ",
        "listen 80;": f"listen 127.0.0.1:{PLAIN};",
        "access_log /dev/stdout quiet;": f"access_log {folder}/access.log quiet;",
    }
    text = SAMPLE.read_text()
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    (folder / "nginx.conf").write_text(text)
    starting = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    directives = f"daemon off; pid {folder}/nginx.pid;"
    return subprocess.Popen([*starting, "-g", directives, *words], stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def proxy(folder: Path, stack: Stack) -> Iterator[httpx.Client]:
    """A client that trusts the certificate, in front of the proxy."""
    context = ssl.create_default_context(cafile=folder / "tls.crt")

    class ToProxy(httpx.HTTPTransport):
        """Finds the name of the sample on this machine."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions = {**request.extensions, "sni_hostname": NAME}
            request.url = request.url.copy_with(host="127.0.0.1", port=PORT)
            return super().handle_request(request)

    with (
        nginx(folder, stack.service_url) as process,
        httpx.Client(base_url=f"https://{NAME}", transport=ToProxy(verify=context), timeout=60) as client,
    ):
        try:
            for _ in range(100):
                with suppress(httpx.TransportError):
                    client.get("/sign-in")
                    break
                time.sleep(0.05)
            yield client
        finally:
            process.terminate()


def test_nginx_accepts_the_sample(folder: Path) -> None:
    """Its own check."""
    process = nginx(folder, "http://127.0.0.1:8000", "-t")
    _, told = process.communicate()
    assert process.returncode == 0, told
    assert "warn" not in told


def test_a_decision_comes_through_and_browsers_are_kept_to_https(proxy: httpx.Client, stack: Stack) -> None:
    """The whole way; HSTS, since the service knows that its address is https."""
    case = CASES[0]
    firm: dict[str, Any] = sandbox_firms()[case.firm]
    headers = {"Authorization": f"Bearer {stack.api_key}", "Idempotency-Key": "tls-1"}
    body = {**application(case, firm), "sevdesk_token": firm["token"]}
    answer = proxy.post("/v1/decisions", headers=headers, json=body)
    assert answer.status_code == 201
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "server" not in answer.headers or "/" not in answer.headers["server"]
    plain = httpx.get(f"http://127.0.0.1:{PLAIN}/decisions?page=2")
    assert (plain.status_code, plain.headers["location"]) == (301, f"https://{NAME}/decisions?page=2")


@pytest.mark.parametrize(
    "path", ["/metrics", "/health/ready", "/health/live", "/schema", "/schema/openapi.json", "//metrics", "/%6detrics"]
)
def test_operations_are_not_behind_it(proxy: httpx.Client, stack: Stack, path: str) -> None:
    """Though this service serves them on the same port."""
    assert httpx.get(f"{stack.service_url}/metrics").status_code == 200
    assert proxy.get(f"https://{NAME}{path}").status_code == 404


def test_no_path_is_in_a_log(proxy: httpx.Client, folder: Path) -> None:
    """A link for a firm is the key to its page; not even where the service does not answer."""
    assert proxy.get("/connect/not-a-secret?page=1").status_code == 404
    logged = (folder / "access.log").read_text()
    assert " GET 404 " in logged
    assert "not-a-secret" not in logged


def test_a_request_that_is_too_large_is_refused_in_front(proxy: httpx.Client) -> None:
    """By its length, before it is read."""
    assert proxy.post("/v1/decisions", content=b"x" * 70_000).status_code == 413
