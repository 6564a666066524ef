"""The one error that people see: a sentence that says what is wrong and what to do."""


class VerifyError(ValueError):
    """Input that can't be read, or a formula that can't be evaluated; the message is one line."""
