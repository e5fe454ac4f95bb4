"""A database's address: how it is shown, and connection parameters by which a dead network is noticed."""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_NOTICING = {
    # Seconds, for each of the addresses that the URL names: the next one is tried after it.
    "connect_timeout": 3,
    # What was sent and not received for so long breaks the connection (in milliseconds) ...
    "tcp_user_timeout": 10_000,
    # ... and while nothing is to be sent, the other end is asked whether it is there.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


def conninfo(url: str, application_name: str) -> str:
    """What the driver connects with. The URL's own parameters count more than ours, and UTF-8 more than either."""
    always = {"application_name": application_name, "client_encoding": "utf8"}
    return make_conninfo("", **{**_NOTICING, **conninfo_to_dict(url), **always})


def session_options(url: str, statement_timeout: float, lock_timeout: float = 0) -> str:
    """The options of a session: the URL's own and ours. The timeouts are seconds."""
    given = conninfo_to_dict(url).get("options") or ""
    timeouts = f"-c statement_timeout={int(statement_timeout * 1000)} -c lock_timeout={int(lock_timeout * 1000)}"
    return f"{given} -c timezone=UTC {timeouts}"


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


def server_attributes(url: str) -> dict[str, str | int]:
    """Name a database's server as OpenTelemetry does. Of several servers, the first."""
    parts = {name: str(value).partition(",")[0] for name, value in conninfo_to_dict(url).items() if value}
    named: dict[str, str | int] = {}
    if "dbname" in parts:
        named["db.namespace"] = parts["dbname"]
    if "host" in parts:
        named["server.address"] = parts["host"]
    if "port" in parts:
        named["server.port"] = int(parts["port"])
    return named


def is_address(url: str) -> bool:
    """Say whether a text is like postgresql://user@host/name."""
    try:
        shown_address(url)
    except ValueError:
        return False
    return True
