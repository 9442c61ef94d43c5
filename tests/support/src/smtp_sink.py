"""A mail server that keeps nothing: every letter is written to standard output as a line of JSON.

Receivers called `unknown` are refused for good, those called `later` for now, and letters that mention `spam`
for their content.
"""

import argparse
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "unknown":
            return "550 5.1.1 nobody is called that here"
        if name == "later":
            return "451 4.7.1 greylisted, try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8")
        if "spam" in text:
            return "554 5.7.1 not wanted"
        login = session.auth_data.login.decode() if session.auth_data else None
        say(
            sender=envelope.mail_from,
            receivers=envelope.rcpt_tos,
            text=text,
            login=login,
            encrypted=server.transport.get_extra_info("ssl_object") is not None,
        )
        return "250 2.0.0 Ok: kept"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()

    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)

    def authenticator(server, session, envelope, mechanism, data):
        fits = isinstance(data, LoginPassword) and data == LoginPassword(
            options.user.encode(), options.password.encode()
        )
        return AuthResult(success=fits, handled=False, auth_data=data)

    def protocol():
        return SMTP(
            Handler(),
            hostname="localhost",
            tls_context=None if options.tls else context,
            authenticator=authenticator if options.user else None,
            auth_required=options.user is not None,
            auth_require_tls=not options.tls,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", options.port, ssl=context if options.tls else None
    )
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
