"""
A WebSocket server that is not ours: Debian's python3-websockets, on free ports of 127.0.0.1, over TCP and over TLS, and
on a unix socket (`server.py CERT KEY SOCKET`). It prints its ports as one line of JSON and serves until it is ended. What it does depends on
the path; see `behaviours`. A query gives the terms of permessage-deflate, such as
`/echo?server_no_context_takeover=1&client_max_window_bits=9`; without one they are the defaults of `websockets`.
"""

import asyncio
import http
import json
import ssl
import sys
import urllib.parse

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(peer, *_):
    async for message in peer:
        await peer.send(message)


async def fragments(peer, *_):
    """Two messages in pieces, one with an empty last piece."""
    await peer.send(["Grüße, ", "世界", ""])
    await peer.send([bytes(300), bytes([1]) * 70_000])
    await peer.wait_closed()


async def ping(peer, *_):
    """Pings, and tells when the pong is there. `websockets` compares the payload."""
    for payload in (b"", b"p" * 125):
        await (await peer.ping(payload))
        await peer.send(f"pong of {len(payload)}")
    await peer.wait_closed()


async def close(peer, code, reason=""):
    await peer.send("last")
    await peer.close(int(code), reason)


async def abort(peer, *_):
    peer.transport.abort()


async def listen(peer, *_):
    """Tells `/told` how its connection was closed."""
    await peer.wait_closed()
    await told.put(json.dumps([peer.close_code, peer.close_reason]))


async def last(peer, *_):
    await peer.send(await told.get())
    await peer.wait_closed()


behaviours = {f.__name__: f for f in (echo, fragments, ping, close, abort, listen, last)}


async def handle(peer):
    name, *arguments = urllib.parse.urlsplit(peer.path).path.strip("/").split("/")
    await behaviours[name](peer, *arguments)


async def refuse(path, headers):
    if path == "/private":
        return http.HTTPStatus.FORBIDDEN, [("X-Why", "no token")], b"no token, no entry\n"


class Compressing(websockets.WebSocketServerProtocol):
    """Agrees to permessage-deflate by the terms of the query."""

    def process_extensions(self, headers, available):
        query = urllib.parse.urlsplit(self.path).query
        if query:
            terms = {name: int(value) for name, value in urllib.parse.parse_qsl(query)}
            available = [ServerPerMessageDeflateFactory(**terms)]
        return super().process_extensions(headers, available)


async def main(cert, key, socket):
    global told
    told = asyncio.Queue()
    options = dict(max_size=None, subprotocols=["v2", "v1"], process_request=refuse, create_protocol=Compressing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    async with (
        websockets.serve(handle, "127.0.0.1", 0, **options) as plain,
        websockets.serve(handle, "127.0.0.1", 0, ssl=context, **options) as secure,
        websockets.unix_serve(handle, socket, **options),
    ):
        ports = [server.sockets[0].getsockname()[1] for server in (plain, secure)]
        print(json.dumps(dict(version=websockets.version.version, plain=ports[0], secure=ports[1])), flush=True)
        await asyncio.Future()


asyncio.run(main(*sys.argv[1:]))
