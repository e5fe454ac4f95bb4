"""A database's address, as it may be shown."""

import psycopg
from psycopg.conninfo import conninfo_to_dict


def shown_address(url: str) -> str:
    """Return host, port and name of a database, without user and password. Raises ValueError for what is no URL.

    >>> shown_address("postgresql://gateway:secret@db.internal:5433/receptionist?sslmode=require")
    'db.internal:5433/receptionist'
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("the scheme is another one")
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise ValueError("it cannot be read") from None  # the driver's words may quote the password
    ports = parts.get("port", "")
    if not all(port.isdecimal() and 0 < int(port) < 2**16 for port in ports.split(",") if port):
        raise ValueError("the port is none")
    host = parts.get("host", "") + (f":{ports}" if ports else "")
    return f"{host}/{parts.get('dbname', '')}"
