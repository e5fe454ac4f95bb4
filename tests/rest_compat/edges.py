"""Requests that are odd in one way each: what FastAPI answers, the gateway answers, and where it does not."""

from urllib.parse import unquote
from uuid import UUID

from tests.support.differential import CONVERSATION, HEX, LEAD, TOKEN, UPPER
from tests.support.raw import Raw

PREFIX = "/api/v1"
MISSING = "550e8400-0000-4000-8000-00000000000a"
JSON = ("Content-Type", "application/json")


def authorized(*more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {TOKEN}"), *more)


def get(target: str) -> Raw:
    return Raw("GET", PREFIX + target, authorized())


def patch(body: bytes, *headers: tuple[str, str], target: str = f"/leads/{LEAD}") -> Raw:
    return Raw("PATCH", PREFIX + target, authorized(*(headers or (JSON,))), body)


def post(body: bytes) -> Raw:
    return Raw("POST", PREFIX + "/leads", authorized(JSON), body)


def token(*values: str) -> Raw:
    return Raw("GET", PREFIX + "/leads", tuple(("Authorization", value) for value in values))


INTEGERS = [
    "", "%20", "0", "1", "-1", "+1", "%2B1", "%201%20", "1%20", "%C2%A01", "01", "1_0", "1.0", "10.0", "1.5", "1e2",
    "1e400", "abc", "null", "true", "0x10", "100", "101", "500", "501", "9" * 20, "9" * 30, "9" * 4300, "9" * 4301,
    "-" + "9" * 30, "NaN", "inf", "%D9%A1%D9%A2", "%EF%BC%91", "%B2", "%00", "1%00", "%FF", "1,2", "[1]", "1;2",
]  # fmt: skip
WORDS = [
    "", "%20", "completed", "COMPLETED", "web", "email", "voice", "active%20", "none", "null", "%00", "a%00", "%ff%fe",
    "%F0%9F%98%80", "a%0Ab", "a+b", "%2B", "a" * 10_000,
]  # fmt: skip
IDS = [
    MISSING, MISSING.upper(), MISSING.replace("-", ""), f"{{{MISSING}}}", f"%7B{MISSING}%7D", f"urn:uuid:{MISSING}",
    f"URN:UUID:{MISSING}", MISSING[:-1], MISSING + "0", f"%20{MISSING}", f"{MISSING}%20", f"{MISSING}%0A", "", "x", "1",
    "null", "%00", "%FF", "%C3%A4", MISSING.replace("5", "g"), f"{MISSING};v=1",
]  # fmt: skip
REPEATED = [
    "page=2&page=x", "page=x&page=2", "page=1&page=3", "size=3&size=", "PAGE=x", "unknown=1", "page[]=x",
    "page=x;size=y", "page=x&size=y&lead_id=z&status=u&channel=v&search=w", "&&", "=", "%00=1", "page", "page=&=page",
    "%70age=x",
    "page=1#size=x", f"lead_id={MISSING}&lead_id=", "search=a&search=%00",
]  # fmt: skip
PATHS = [
    "/leads/a%2Fb", "/leads/a/b", "//leads", "/leads/?page=2&x=%FF", f"/leads/{LEAD}/",
    f"/leads/{LEAD}/?a=b&a=c&&d", "/Leads", "/leads?", "/leads/?", f"/conversations/{CONVERSATION}/messages/",
    f"/conversations//{CONVERSATION}", "/conversations/x/messages", "/leads/.", "/leads/..", "/", "/../v1/leads",
    f"/leads/{LEAD}#x",
    "/leads%3Fpage=x", "/leads%23", "/leads/%", "/leads/%zz", "/leads/\\", "", f"/leads/{UPPER}", f"/leads/{HEX}",
    f"/leads/{{{LEAD}}}",
    f"/leads/urn:uuid:{LEAD}",
]  # fmt: skip
BODIES = [
    b"", b" ", b"\n\t ", b"null", b"[]", b"0", b"true", b'"x"', b'""', b"{}", b"{}x", b"{} ", b"{}{}", b"{", b"}",
    b"[1,]", b'{"name":1}', b'{"name":true}', b'{"name":"1"}', b'{"metadata":"1"}', b'{"preferred_services":"x"}',
    b'{"preferred_services":{"0":"x"}}', b'{"preferred_services":[true,1,null]}', b'{"status":"NEW"}',
    b'{"status":"lost","status":"new"}', b'{"status":"new","status":"x"}', b'{"channel":0}', b'{"channel":false}',
    b'{"name":%s}' % (b"9" * 400), b'{"name":%s}' % (b"9" * 5000), b'{"metadata":{"a":%s}}' % (b"9" * 400),
    b'\xef\xbb\xbf{"status":"new"}', '{"status":"new"}'.encode("utf-16"), '{"status":"new"}'.encode("utf-32-be"),
    b'{"name":"\xff"}', b"\xff", b'{"name":"\\u0000"}', b'{"name":"a\nb"}', b"{'name':'x'}",
    b'{"name":"x",}', b'{"name":"x"', b'{"name" "x"}', b'{name:"x"}', b'{"name":"x"}//', b'/**/{"name":"x"}', b"+1",
    b"01", b"1.", b".5", b'{"a":1e5}', b'{"\\ud83d\\ude00":1}', b'{"unknown":[[[]]]}', b"[" * 10_000,
    b"[" * 10_000 + b"]" * 10_000, b'{"name":' + b"[" * 10_000 + b"]" * 10_000 + b"}", b'{"name":-0}', b"-", b"nul",
    b'{"name":"\\x"}', b'{"name":"\\u12"}', b"\x00", b"{}\x00", b'{"metadata":{"a":[1e10,-0.0,0.1,1E-400]}}',
]  # fmt: skip
CREATIONS = [b"{}", b"[]", b"", b'{"name":"x","status":"booked"}', b'{"name":" "}', b'{"name":"x","channel":"sms"}']
CONTENT_TYPES = [
    "application/json; charset=utf-8", "application/json;charset=latin-1", 'application/json; charset="x"',
    "APPLICATION/JSON", "application/json,text/plain", "application/problem+json", "application/vnd.x+JSON",
    "application/jsonx", "application/+json", "application/x-json", "text/json", "text/plain", "", "json",
    "application", "application/", "/json", ";", "application/json/x", "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded", "application/octet-stream", "\xfc/json", "application /json",
]  # fmt: skip
UNUSABLE = b'{"status":"x"}'
CONVERSATIONS, MESSAGES, LEADS = "/conversations", f"/conversations/{CONVERSATION}/messages", "/leads"


def is_malformed(id: str) -> bool:
    """Say whether an id in a URL is none, and so not looked for."""
    try:
        return not UUID(unquote(id))
    except ValueError:
        return True


def queries(path: str, names: str, values: list[str]) -> list[Raw]:
    """Make a request of each parameter with each value."""
    return [get(f"{path}?{name}={value}") for name in names.split() for value in values]


SAME = {
    "integers of conversations": queries(CONVERSATIONS, "page size", INTEGERS),
    "integers of messages": queries(MESSAGES, "limit offset", INTEGERS),
    "integers of leads": queries(LEADS, "page size", ["", "0", "101", "x", "1"]),
    "words of conversations": queries(CONVERSATIONS, "status channel", WORDS),
    "words of leads": queries(LEADS, "status channel search", WORDS),
    "ids": queries(CONVERSATIONS, "lead_id", IDS),
    "ids in paths": [
        get(f"/{path}")
        for id in IDS
        for path in (f"leads/{id}", f"conversations/{id}", f"conversations/{id}/messages?limit=x")
        if is_malformed(id) and id
    ],
    "repeated": [get(f"{path}?{query}") for path in (CONVERSATIONS, MESSAGES, LEADS) for query in REPEATED],
    "paths": [*map(get, PATHS), Raw("GET", PREFIX + "/leads/"), Raw("GET", "*", authorized())],
    "methods": [Raw(method, PREFIX + "/conversations", authorized()) for method in ("get", "Get", "FOO")],
    "bodies": [*map(patch, BODIES), *map(post, CREATIONS)],
    "statuses": [
        patch(b'{"status":%s}' % value, target=f"/conversations/{CONVERSATION}")
        for value in (
            b'"done"',
            b"null",
            b"1",
            b"true",
            b'["active"]',
            b'{"value":"active"}',
            b'""',
            b'"ACTIVE"',
            b'"active"',
        )
    ],
    "bodies of other rows": [
        patch(body, target=f"/{kind}/x") for kind in ("leads", "conversations") for body in (b"{", b"{}", UNUSABLE)
    ],
    "content types": [
        *(patch(UNUSABLE, ("Content-Type", value)) for value in CONTENT_TYPES),
        Raw("PATCH", f"{PREFIX}/leads/{LEAD}", authorized(), UNUSABLE),
        patch(UNUSABLE, JSON, ("Content-Type", "text/plain")),
        patch(UNUSABLE, ("Content-Type", "text/plain"), JSON),
    ],
    "tokens": [
        *map(
            token,
            ("", " ", "Bearer", "Bearer ", "Bearer   ", "Basic eDp5", TOKEN, f"bearer {TOKEN}", f"BEARER {TOKEN}"),
        ),
        *map(
            token, (f"Bearer  {TOKEN}", f"Bearer {TOKEN} ", f"Bearer\t{TOKEN}", f"Bearer, {TOKEN}", f"Bearer={TOKEN}")
        ),
        *(token(), token(f"Bearer {TOKEN}", "Basic eDp5"), token("Basic eDp5", f"Bearer {TOKEN}")),
    ],
}


DIFFERENT = {
    "unauthenticated": [
        Raw("PATCH", f"{PREFIX}/leads/x", (JSON,), b"{"),
        Raw("POST", f"{PREFIX}/leads", (JSON,), b"[" * 10_000),
    ],
    "bad token": [token("Bearer x.y.z"), token("Bearer x")],
    "methods": [
        Raw(method, PREFIX + path, authorized())
        for method in ("DELETE", "OPTIONS", "TRACE", "PUT", "PROPFIND")
        for path in (CONVERSATIONS, LEADS, f"/leads/{LEAD}")
    ],
    "HEAD": [
        Raw("HEAD", PREFIX + path, authorized()) for path in (LEADS, MESSAGES, f"/leads/{MISSING}", "/leads?page=x")
    ],
    "slashes": [*map(get, ("/leads//", f"/leads/{LEAD}//?x=y", f"/conversations/{CONVERSATION}/messages///"))],
    "no row": [
        patch(b"{}", target=f"/leads/{MISSING}"),
        *(
            get(f"/{path}")
            for id in IDS
            for path in (f"leads/{id}", f"conversations/{id}", f"conversations/{id}/messages")
            if not is_malformed(id)
        ),
    ],
    "no number": [
        patch(b'{"name":%s}' % number) for number in (b"NaN", b"-Infinity", b"1e400")
    ] + [post(b'{"name":"x","metadata":{"a":NaN}}')],
    "no text": [
        *map(patch, (b'{"name":"\\ud800"}', b'{"name":"\\uD83Dx"}', b'{"name":"\xed\xa0\x80"}')),
        patch(b"\x80", ("Content-Type", "text/plain")),
    ],
    "unkeepable": [
        patch(b'{"metadata":{"a":"\\u0000"}}'), patch(b'{"metadata":{"\\u0000":1}}'), patch(b'{"name":"\\u001c"}'),
        post(b'{"name":"x","metadata":{"a":"%s"}}' % (b"x" * 100_001)),
    ],
    "deep": [patch(b'{"name":%s%s}' % (b"[" * depth, b"]" * depth)) for depth in range(960, 990)],
}  # fmt: skip
