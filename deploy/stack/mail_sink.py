"""A real SMTP server that delivers into a directory: one .eml file a message, complete when it has its name.

    python3 mail_sink.py <host:port> <directory>

Run as a program. For tests of what a refusing server does, by the recipient's local part: reject-...  550 for ever;
busy<n>-...  451 the first n times, then accepted."""

import asyncio
import os
import re
import signal
import socket
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope


class Delivery:
    def __init__(self, directory):
        self._directory = directory
        self._count = 0
        self._busy = {}

    async def handle_RCPT(self, server, session, envelope: Envelope, address, options):
        if address.startswith("reject-"):
            return "550 5.1.1 no such user"
        busy = re.match(r"busy(\d+)-", address)
        if busy:
            seen = self._busy[address] = self._busy.get(address, 0) + 1
            if seen <= int(busy[1]):
                return "451 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope: Envelope):
        self._count += 1
        head = "".join(f"X-Envelope-To: {address}\r\n" for address in envelope.rcpt_tos)
        head += f"X-Envelope-From: {envelope.mail_from}\r\n"
        recipient = re.sub(r"[^A-Za-z0-9@._+-]", "_", envelope.rcpt_tos[0])[:80]
        name = f"{time.time_ns() // 1000}-{self._count:06d}-{recipient}.eml"
        path = os.path.join(self._directory, name)
        with open(path + ".part", "wb") as file:
            file.write(head.encode() + envelope.content)
        os.rename(path + ".part", path)
        return "250 OK"


async def serve(listen, directory):
    host, port = listen.rsplit(":", 1)
    delivery = Delivery(directory)
    # reuse_port: the launcher keeps the port reserved with a bound socket of its own.
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(delivery, hostname="mail.cuotas.invalid", enable_SMTPUTF8=True, data_size_limit=8 * 1024 * 1024),
        host, int(port), family=socket.AF_INET, reuse_port=True)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
