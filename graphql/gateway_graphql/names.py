"""Names: the legacy API writes `channel_id`, GraphQL `channelId`."""

import re


def camel_case(name: str) -> str:
    """Write a legacy name as GraphQL does.

    >>> camel_case("preferred_services")
    'preferredServices'
    """
    head, *tail = name.split("_")
    return head + "".join(map(str.title, tail))


def snake_case(name: str) -> str:
    """Write GraphQL's name as the legacy API does.

    >>> snake_case("preferredServices")
    'preferred_services'
    """
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)
