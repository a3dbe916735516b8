import pytest

from scoring.api.web_addresses import check_page_address, check_return_address, origin_of, with_result


@pytest.mark.parametrize(
    "address",
    [
        "https://bank.example",
        "https://bank.example/",
        "https://bank.example:8443/antrag/4711?step=2&step=3",
        "https://xn--mller-kva.example/antrag",
        "https://bank.example/a?next=https%3A%2F%2Fbank.example",
        "http://localhost:3000/back",
        "http://127.0.0.1/back",
        "https://192.0.2.1/back",
    ],
)
def test_pages_of_a_lender_are_accepted(address: str) -> None:
    """https anywhere, http on this machine."""
    check_return_address(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "percent-encoded"),
        ("http://bank.example/", "https://"),
        ("http://localhost.evil.example/", "https://"),
        ("http://127.0.0.1.evil.example/", "https://"),
        ("ftp://bank.example/", "https://"),
        ("javascript:alert(1)", "must have a host"),
        ("javascript://bank.example/%0aalert(1)", "https://"),
        ("data:text/html,x", "must have a host"),
        ("//bank.example/", "https://"),
        ("/antrag", "must have a host"),
        ("https:bank.example", "must have a host"),
        ("https:///bank.example", "must have a host"),
        ("https://", "must have a host"),
        ("https://user@bank.example/", "must not contain a user"),
        ("https://user:password@bank.example/", "must not contain a user"),
        ("https://bank.example@evil.example/", "must not contain a user"),
        ("https://@bank.example/", "must not contain a user"),
        ("https://bank.example\\@evil.example/", "percent-encoded"),
        ("https://bank.example\\.evil.example/", "percent-encoded"),
        ("https://bank.example/\r\nSet-Cookie: a=b", "percent-encoded"),
        ("https://bank.example/ ", "percent-encoded"),
        (" https://bank.example/", "percent-encoded"),
        ("https://ba\tnk.example/", "percent-encoded"),
        ("https://müller.example/", "percent-encoded"),
        ("https://bank.example/ä", "percent-encoded"),
        ("https://bank.example/<script>", "percent-encoded"),
        ('https://bank.example/"', "percent-encoded"),
        ("https://bank.example:port/", "port"),
        ("https://bank.example:99999/", "port"),
        ("https://bank.example:0/", "must have a host"),
        ("https://[::1]/", "must have a host"),
        ("https://[bank.example/", "brackets"),
        ("https://-bank.example/", "must have a host"),
        ("https://bank..example/", "must have a host"),
        ("https://bank.example;script-src/", "must have a host"),
        ("https://bank.example,*/", "must have a host"),
        ("https://*/", "must have a host"),
        ("https://%62ank.example/", "must have a host"),
        ("https://bank.example/#part", "must not have a fragment"),
        ("https://bank.example/#", "must not have a fragment"),
        ("https://bank.example/?result=connected", "parameter result"),
        ("https://bank.example/?connect_session_id=", "parameter connect_session_id"),
    ],
)
def test_addresses_that_lead_elsewhere_or_break_a_header_are_refused(address: str, reason: str) -> None:
    """With the reason; what is accepted goes into a redirect and into a security header."""
    with pytest.raises(ValueError, match=reason):
        check_return_address(address)


def test_a_privacy_notice_may_point_into_a_page() -> None:
    """Only an address that a result is added to must not have a fragment."""
    check_page_address("https://bank.example/legal?result=1#privacy")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://b.example", "https://b.example?result=connected&connect_session_id=cns_1"),
        ("https://b.example/a", "https://b.example/a?result=connected&connect_session_id=cns_1"),
        ("https://b.example/a?", "https://b.example/a?result=connected&connect_session_id=cns_1"),
        ("https://b.example/a?x=%20&x=2", "https://b.example/a?x=%20&x=2&result=connected&connect_session_id=cns_1"),
    ],
)
def test_a_result_is_added_to_what_is_there(address: str, expected: str) -> None:
    """Nothing of the lender's own query is written anew."""
    assert with_result(address, result="connected", session_id="cns_1") == expected


def test_an_origin_is_what_a_security_header_names() -> None:
    """Without path and query."""
    assert origin_of("https://b.example:8443/a?x=1") == "https://b.example:8443"
