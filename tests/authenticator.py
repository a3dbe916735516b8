"""An authenticator app for tests, written from RFC 6238 alone: it shares no code with the service."""

import base64
import hashlib
import hmac
from datetime import datetime


def code_at(secret: str, moment: datetime) -> str:
    """The six digits that the app shows at a moment; the secret is base 32."""
    key = base64.b32decode(secret.replace(" ", ""))
    counter = (int(moment.timestamp()) // 30).to_bytes(8, "big")
    mac = hmac.new(key, counter, hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
