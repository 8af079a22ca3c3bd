"""Who is let in, from where, and what a browser may do with what it gets.

- Every page needs a key, which is in the address that is printed and then in a cookie: others may use this computer too.
- On loopback the `Host` header must be loopback too: another site's name that leads here is no way in.
- Every POST carries a token that only a page of ours could show to this browser, and must not come from another origin.
- No script, style, picture or frame but ours; nothing is kept in a cache; no address goes to another site.
"""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from rivta.model.frozen import frozen

LIMIT_BYTES: Final = 256 * 1024
"""What a form may weigh, but for one with files."""
WITH_FILES: Final = "/note"
"""How the addresses end to which files may be sent."""
KEY = "key"
"""What the address that is printed once carries."""
_ACCESS, _BROWSER = "rivta-access", "rivta-browser"
_BROWSER_NAME = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_BROWSER_NOW: ContextVar[str] = ContextVar("browser")
"""The name of the browser that asks: its cookie's, or a new one that it is about to get."""
_MONTH_SECONDS = 30 * 24 * 3600

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        # To ourselves only: with none at all a browser would hide from us where a form was sent from.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
        "Server": "rivta",
    }
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Page = Callable[[web.Request, int, str], web.Response]
"""Makes the page that says why something was refused: its status, and the word for it."""


def is_loopback(host: str) -> bool:
    """Whether only this computer can call there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@frozen
class Guard:
    """What is asked of every request. `secret` makes the tokens of forms; `is_wide`: it can be called from elsewhere."""

    key: str
    secret: bytes
    refusal: Page
    is_wide: bool = False

    def token(self) -> str:
        """The token for the forms of the page that is being shown."""
        return hmac.digest(self.secret, b"form " + _BROWSER_NOW.get().encode(), "sha256").hex()

    @property
    def _access(self) -> tuple[str, str]:
        """The cookie that lets in, and its value: it is of a host whatever its port, and several pages may be open there."""
        value = hmac.digest(self.secret, b"access " + self.key.encode(), "sha256").hex()
        return f"{_ACCESS}-{value[:8]}", value

    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse, or let through, and put the headers on whatever comes back."""
        try:
            response = await self._let_in(request, handler)
        except web.HTTPRequestEntityTooLarge:  # found while the form was read for its token
            response = self.refusal(request, 413, "too_large")
        if not response.prepared:
            self._dress(request, response)
        return response

    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        named = request.cookies.get(_BROWSER, "")
        _BROWSER_NOW.set(named if _BROWSER_NAME.fullmatch(named) else secrets.token_urlsafe(32))
        if not self.is_wide and not is_loopback(urlsplit(f"//{request.host}").hostname or ""):
            return self.refusal(request, 403, "refused")
        name, value = self._access
        if not hmac.compare_digest(request.cookies.get(name, "").encode(), value.encode()):
            return self._with_key(request) or self.refusal(request, 401, "locked")
        if request.method not in ("GET", "HEAD", "POST"):
            return self.refusal(request, 405, "refused")
        if request.method == "POST" and not await self._is_ours(request):
            return self.refusal(request, 403, "refused")
        return await handler(request)

    def _with_key(self, request: web.Request) -> web.Response | None:
        """The way in: the key in the address becomes a cookie, and the address is left behind."""
        if not hmac.compare_digest(request.query.get(KEY, "").encode(), self.key.encode()):
            return None
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(*self._access, httponly=True, samesite="Strict", path="/", secure=request.secure)
        return response

    async def _is_ours(self, request: web.Request) -> bool:
        """Whether a form was sent from a page that we showed to this browser."""
        has_files = request.path.endswith(WITH_FILES)
        if request.content_type != ("multipart/form-data" if has_files else "application/x-www-form-urlencoded"):
            return False
        if not has_files and (request.content_length is None or request.content_length > LIMIT_BYTES):
            raise web.HTTPRequestEntityTooLarge(LIMIT_BYTES)
        if not _is_same_origin(request):
            return False
        form = await request.post()
        given = form.get("token", "")
        known = request.cookies.get(_BROWSER) == _BROWSER_NOW.get()
        return known and isinstance(given, str) and hmac.compare_digest(given.encode(), self.token().encode())

    def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.cookies.get(_BROWSER) != _BROWSER_NOW.get():
            response.set_cookie(
                _BROWSER, _BROWSER_NOW.get(), httponly=True, samesite="Strict", path="/", max_age=_MONTH_SECONDS
            )


def _is_same_origin(request: web.Request) -> bool:
    """A browser says where a form comes from; what says nothing is no browser, and has no cookie to misuse."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
