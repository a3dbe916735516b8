"""Whom a connection to the outside trusts."""

import ssl
from functools import cache

import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """The certificate authorities that httpx trusts, read once in a process: every pool would read them again."""
    return httpx.create_ssl_context()
