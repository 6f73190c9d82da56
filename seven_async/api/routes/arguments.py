"""The arguments of a method call, as the value of its request class.

In: a request class and the arguments of a call. Out: the value, or the error that refuses them.
No I/O.
"""

import inspect
from collections.abc import Callable, Mapping

import attrs

from seven_async.flow.conceal import without_frames


def check_request_class(request: Callable[..., object]) -> type:
    """Return the request class, if it can make a method: attrs, with a docstring of its own.

    Raises:
        TypeError: What it lacks.
    """
    if not isinstance(request, type) or not attrs.has(request):
        raise TypeError(f"the request must be an attrs class, not {request!r}")
    text, inherited = request.__doc__, request.__mro__[1].__doc__
    has_documentation = bool((text or "").strip()) and text is not inherited
    # Where this function has lost its docstring, all have: `python -OO`, or a program packed so.
    if not has_documentation and check_request_class.__doc__ is not None:
        raise TypeError(f"{request.__name__} needs a docstring, it documents the method")
    return request


def bind_arguments(
    request: Callable[..., object],
    method: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> object:
    """Build the request value, or return the error that refuses the arguments.

    `raise_refusal` raises the error, in a frame without numbers and texts as they were given:
    error reporters show the variables of all frames that an error came through.
    """
    try:
        return build_request_value(request, method, args, kwargs)
    except (TypeError, ValueError) as error:
        refusal = error
    return without_frames(refusal)


def raise_refusal(value: object) -> object:
    """Return the request value; raise what `bind_arguments` returned instead of one."""
    if isinstance(value, Exception):
        raise value
    return value


def build_request_value(
    request: Callable[..., object],
    method: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> object:
    """Build the request value; a wrong argument is a TypeError that names the method."""
    try:
        return request(*args, **kwargs)
    except TypeError as error:
        try:
            inspect.signature(request).bind(*args, **kwargs)
        except TypeError as wrong:
            takes = inspect.signature(request).replace(return_annotation=inspect.Signature.empty)
            raise TypeError(f"{method}(): {wrong}; it takes {takes}") from None
        # The arguments fit, so it is a mistake within the class: a validator's, for example.
        raise error from None
