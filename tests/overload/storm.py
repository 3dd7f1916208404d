"""Runs storm.c and reads what it found."""

import collections
import os
import subprocess
import uuid

from overload.crowd import address_of

Answers = collections.namedtuple("Answers", "count p50_us p99_us max_us")


class Result:
    def __init__(self, text, seconds, requests):
        self.seconds = seconds
        self.by_request = {name: {} for name in requests}
        for line in text.splitlines():
            words = line.split()
            if len(words) == 2:
                setattr(self, words[0], int(words[1]))   # unsent, broken, hurried
            else:
                self.by_request[list(requests)[int(words[0])]][int(words[1])] = Answers(*map(int, words[2:]))

    def count(self, accept, name=None):
        return sum(answers.count for kind, by_status in self.by_request.items() if name in (None, kind)
                   for status, answers in by_status.items() if accept(status))

    def good(self, name=None):
        return self.count(lambda status: status < 300, name)

    def refused(self, name=None):
        return self.count(lambda status: status in (429, 503), name)

    def others(self):
        return {(kind, status): answers.count for kind, by_status in self.by_request.items() for status, answers in by_status.items()
                if status >= 300 and status not in (429, 503)}

    def p99_s(self, name):
        """Of those that were accepted."""
        return max((answers.p99_us for status, answers in self.by_request[name].items() if status < 300), default=0) / 1e6

    def refusal_p50_s(self):
        return max((answers.p50_us for by_status in self.by_request.values() for status, answers in by_status.items()
                    if status in (429, 503)), default=0) / 1e6

    def __str__(self):
        lines = [f"  {kind:8} {status} {a.count:8} p50 {a.p50_us / 1e3:8.1f} ms  p99 {a.p99_us / 1e3:8.1f} ms  max {a.max_us / 1e3:8.1f} ms"
                 for kind, by_status in self.by_request.items() for status, a in sorted(by_status.items())]
        return "\n".join([f"{self.seconds} s: unsent {self.unsent}, broken {self.broken}, without Retry-After {self.hurried}", *lines])


class Storm:
    def __init__(self, program, directory, url):
        self._program, self._directory, self._url = program, directory, url

    def begin(self, requests, seconds, connections, rate=0, bodies=None, url=None):
        """requests: {name: bytes}, sent in turn. rate 0: as fast as they are answered."""
        path = os.path.join(self._directory, f"storm-{uuid.uuid4().hex}")
        with open(path, "wb") as file:
            file.write(b"".join(text + b"\0" for text in requests.values()))
        host, port = address_of(url or self._url)
        child = subprocess.Popen([self._program, host, str(port), str(seconds), str(connections), str(rate), path, *([bodies] if bodies else [])],
                                 stdout=subprocess.PIPE, text=True)

        def end():
            text, _ = child.communicate(timeout=seconds + 120)
            assert child.returncode == 0
            return Result(text, seconds, requests)
        return end

    def __call__(self, *args, **options):
        return self.begin(*args, **options)()
