"""The one error of the kernel."""


class KernelError(ValueError):
    """An input no decision can be made from. The text is for an operator: what was wrong, what to do.

    `field` names the offending input where there is one, so that callers can answer with it.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
