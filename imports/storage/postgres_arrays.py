"""Arrays as parameters of a statement."""

import re
from collections.abc import Iterable
from typing import Any

ESCAPED = re.compile(r'["\\]')


def array_of(values: Iterable[Any]) -> str:
    """The text of an array of these values, none of them None, for a parameter with its type:
    `%s::text[]`.

    The driver would adapt one value after the other, and PostgreSQL parse each as an expression:
    for thousands of them, that takes longer than looking them up.
    """
    texts = list(map(str, values))
    if ESCAPED.search("".join(texts)):
        texts = [ESCAPED.sub(r"\\\g<0>", text) for text in texts]
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"
