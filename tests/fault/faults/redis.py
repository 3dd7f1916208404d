"""Redis: it only carries wake-ups, so nothing of this may be noticed but by the clock."""

from .base import Fault, seconds


class RedisFault(Fault):
    family = "redis"
    length = (0.5, 5)

    def draw(self, rng, world):
        return [(0, "redis", seconds(rng, *self.length), {})]

    def holds(self, target):
        return {"process:redis"}


class Restart(RedisFault):
    """Killed, and started again empty: there is nothing on disk."""
    name = "redis.kill"

    def inject(self, nemesis, step):
        nemesis.down.add("redis")
        nemesis.stack.kill("redis")

    def heal(self, nemesis, step, undo):
        nemesis.bring_back("redis")


class Flush(RedisFault):
    name = "redis.flushall"
    length = (0.1, 0.2)

    def inject(self, nemesis, step):
        answer = nemesis.stack.redis.command("FLUSHALL")
        if not answer.startswith(b"+OK"):
            raise OSError(f"FLUSHALL: {answer!r}")


class Pause(RedisFault):
    name = "redis.pause"

    def inject(self, nemesis, step):
        nemesis.stack.pause("redis")

    def heal(self, nemesis, step, undo):
        nemesis.stack.resume("redis")


FAULTS = [Restart(), Flush(), Pause()]
