"""The documented paths."""


def rest_routes(authenticator, database):
    return []
