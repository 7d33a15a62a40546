"""Decimal arithmetic that gives the same digits on every machine, and the checks of numbers at the kernel's door."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from kernel.errors import KernelError

# Spelled out in full: a process may have changed decimal's own defaults, a decision must not follow it.
ARITHMETIC = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999999,
    Emax=999999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

LARGEST = Decimal("1E+15")  # beyond any price, quantity or age; keeps every formula far from overflow
SMALLEST_DIVISOR = Decimal("1E-12")
MOST_DIGITS = 30  # as a number is told: a binary float has at most 17 digits, a division of Decimals 28
SHARE_TOLERANCE = Decimal("1E-6")  # a softmax in binary floats may add up to a little more than 1


def finite(name: str, value: object) -> Decimal:
    """`value` as a finite Decimal of sane magnitude; raises KernelError naming the field otherwise."""
    if not isinstance(value, Decimal):
        raise KernelError(f"{name} must be a Decimal, not {type(value).__name__}: parse it from its text", name)
    if not value.is_finite():
        raise KernelError(f"{name} is {value}: a missing number must be reported, not passed on", name)
    if abs(value) > LARGEST:
        raise KernelError(f"{name} is {value}: larger than {LARGEST}, check its unit", name)
    return value


def not_negative(name: str, value: object) -> Decimal:
    """A finite Decimal >= 0; raises KernelError naming the field otherwise."""
    number = finite(name, value)
    if number < 0:
        raise KernelError(f"{name} is {number}: it must not be negative", name)
    return number


def positive(name: str, value: object) -> Decimal:
    """A finite Decimal that is safely divisible by; raises KernelError naming the field otherwise."""
    number = finite(name, value)
    if number < SMALLEST_DIVISOR:
        raise KernelError(f"{name} is {number}: it must be greater than zero", name)
    return number


def share(name: str, value: object) -> Decimal:
    """A finite Decimal in [0, 1]; raises KernelError naming the field otherwise (50 for 50 % is a unit error)."""
    number = not_negative(name, value)
    if number > 1 + SHARE_TOLERANCE:
        raise KernelError(f"{name} is {number}: it must be a share between 0 and 1", name)
    return number


def clamp(value: Decimal, low: Decimal, high: Decimal) -> Decimal:
    """`value` held within [low, high]."""
    return min(max(value, low), high)
