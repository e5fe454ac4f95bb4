"""`gateway openapi`: prints the OpenAPI document of the REST paths."""

from gateway.commands.exports import print_or_compare
from gateway.commands.parameters import Check
from rest_compat.openapi import openapi_json


def openapi(check: Check = None) -> None:
    """Print the OpenAPI document of the REST paths."""
    print_or_compare(openapi_json().decode(), "OpenAPI document", check)
