"""Errors as the legacy API has them: `{"detail": ...}`."""

exception_handlers = {}
