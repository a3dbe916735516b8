"""Why nobody was signed in."""


class SignInError(Exception):
    """Nobody was signed in."""


class WrongPasswordError(SignInError):
    """Unknown or disabled user, or wrong password; the response does not say which."""


class WrongCodeError(SignInError):
    """No code of the app and no recovery code, or one that was used before."""


class TooManyTriesError(SignInError):
    """Too many failed attempts; the next is accepted after the given seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again after {seconds} seconds")
        self.seconds = seconds
