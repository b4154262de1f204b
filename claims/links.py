"""The mail's link: a signed id of one attempt; the row decides whether it still lives (SPEC 6)."""

from django.core.signing import BadSignature, Signer

SALT = "claims.withdrawal-link"


def sign(withdrawal_id: int) -> str:
    """The token that opens the request page of this attempt without a login."""
    return Signer(salt=SALT).sign(str(withdrawal_id))


def read(token: str) -> int | None:
    """The attempt's id that `token` was signed for, None for a token that we did not sign."""
    try:
        return int(Signer(salt=SALT).unsign(token))
    except (BadSignature, ValueError):
        return None
