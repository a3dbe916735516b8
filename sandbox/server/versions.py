"""The header ``X-Version``: sevdesk versions single resources by it."""

from sandbox.account.errors import ApiError

DEFAULT = "default"
"""The oldest version that a resource still has; also what a request without the header gets."""

_DESCRIBED = tuple(f"1.{number}" for number in range(10))
_FURTHER = {"Invoice": ("2.0",), "Voucher": ("2.0",)}  # seen to be taken
_UNVERSIONED = frozenset({"Tools"})  # seen to take the default only, and to list nothing


def check_version(resource: str, version: str | None) -> None:
    """Hold a request to the versions that a resource has.

    Args:
        resource: first part of the path.
        version: the header; None where it is missing.

    Raises:
        ApiError: 400, when there is no such version; it lists those that there are.
    """
    known = () if resource in _UNVERSIONED else (DEFAULT, *_DESCRIBED, *_FURTHER.get(resource, ()))
    if version is None or version == DEFAULT or version in known:
        return
    raise ApiError(
        400, f"Unknown X-Version. Valid values are: {', '.join(known)}".rstrip(), data={"valid values": list(known)}
    )
