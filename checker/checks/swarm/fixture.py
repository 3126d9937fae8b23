"""The fixture `swarm`: services, what they are set to, and how a rollout of theirs ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, listed, near

if TYPE_CHECKING:
    from docker import DockerClient

POLL_SECONDS = 0.2
"""A Swarm tells nobody when a rollout ends."""

CALL_SECONDS = 30.0
ENDED = ("completed", "rollback_completed", "paused", "rollback_paused")

Object = dict[str, Any]


class Swarm:
    """The Swarm that the learner works with."""

    def __init__(self, client: DockerClient) -> None:
        self._api: Any = client.api

    def service(self, name: str) -> Service:
        """The service NAME.

        Raises:
            CheckFailed: There is none; the message names services that may be meant.
            CouldNotFindOut: The engine is in no Swarm.
        """
        from docker.errors import APIError, NotFound

        try:
            self._api.inspect_service(name)
        except NotFound:
            others = [each["Spec"]["Name"] for each in self._api.services()]
            alike = near(name, others)
            found = f"no such service, but {listed(alike)}" if alike else "no such service"
            step = "See what there is: docker service ls"
            raise CheckFailed(f"a service named {name}", found, step) from None
        except APIError as error:
            raise CouldNotFindOut("The engine is in no Swarm.", found=str(error)) from error
        return Service(self._api, name)


class Service:
    """A service; every fact is looked up anew, and every `expect_` gives the service back."""

    def __init__(self, api: Any, name: str) -> None:
        self._api = api
        self.name = name

    # --- facts

    @property
    def attrs(self) -> Object:
        """All of `docker service inspect`."""
        found: Object = self._api.inspect_service(self.name)
        return found

    @property
    def spec(self) -> Object:
        """What is wanted."""
        return dict(self.attrs["Spec"])

    @property
    def container(self) -> Object:
        """What its containers are made from: Image, Env, Healthcheck, StopSignal, ..."""
        return dict(self.spec["TaskTemplate"]["ContainerSpec"])

    @property
    def image(self) -> str:
        """Without the digest that Swarm may have added."""
        return str(self.container["Image"]).partition("@")[0]

    @property
    def replicas(self) -> int:
        """How many copies are wanted."""
        return int(self.spec["Mode"].get("Replicated", {}).get("Replicas", 0))

    @property
    def health_command(self) -> list[str]:
        """What the service itself asks with, as for exec; empty if it sets none."""
        test = list((self.container.get("Healthcheck") or {}).get("Test") or ["NONE"])
        if test[0] == "CMD-SHELL":
            return ["/bin/sh", "-c", *test[1:]]
        return test[1:] if test[0] == "CMD" else []

    @property
    def update(self) -> Object:
        """How a rollout goes: Order, Parallelism, FailureAction, ..."""
        return dict(self.spec.get("UpdateConfig") or {})

    @property
    def update_status(self) -> Object:
        """The last rollout: State, Message, StartedAt; empty before the first."""
        return dict(self.attrs.get("UpdateStatus") or {})

    @property
    def tasks(self) -> list[Object]:
        """All that the engine still knows of, those that have ended too."""
        found: list[Object] = self._api.tasks(filters={"service": self.name})
        return found

    @property
    def running(self) -> int:
        """Tasks that run, and are healthy where they have a health check, and are to stay."""
        return sum(
            each["Status"]["State"] == "running" and each["DesiredState"] == "running"
            for each in self.tasks
        )

    # --- expectations

    def expect_running(self, count: int, *, within: float = 0, next_step: str = "") -> Self:
        """So many copies are wanted, and as many run."""
        if not wait_until(lambda: self.replicas == count == self.running, within, POLL_SECONDS):
            raise CheckFailed(
                f"{count} copies of {self.name} wanted and running",
                f"{self.replicas} wanted, {self.running} running; {self._reasons()}",
                next_step or f"See its tasks: docker service ps --no-trunc {self.name}",
            )
        return self

    def expect_health_check(self, *, next_step: str = "") -> Self:
        """The service says how to ask a copy whether it is well."""
        if not self.health_command:
            raise CheckFailed(
                f"a health check of {self.name}",
                "no health check: Swarm takes a copy for ready as soon as its process runs",
                next_step or "docker service update --help lists what begins with --health",
            )
        return self

    def expect_order(self, expected: str, *, next_step: str = "") -> Self:
        """start-first or stop-first."""
        order = self.update.get("Order", "stop-first")
        if order != expected:
            raise CheckFailed(
                f"{self.name} is updated {expected}",
                f"its update order is {order}",
                next_step or "Which copy should go or come first? --update-order says it.",
            )
        return self

    def expect_one_by_one(self, *, next_step: str = "") -> Self:
        """A rollout replaces one copy at a time."""
        parallelism = int(self.update.get("Parallelism", 1))
        if parallelism != 1:
            found = "all at once" if parallelism == 0 else f"{parallelism} at a time"
            raise CheckFailed(
                f"{self.name} is updated one copy at a time",
                f"{found} (update parallelism {parallelism})",
                next_step or "--update-parallelism says how many are replaced at a time.",
            )
        return self

    def expect_failure_action(self, expected: str, *, next_step: str = "") -> Self:
        """pause, continue or rollback."""
        action = self.update.get("FailureAction", "pause")
        if action != expected:
            raise CheckFailed(
                f"a rollout of {self.name} that fails ends with {expected}",
                f"its failure action is {action}",
                next_step or "--update-failure-action says what becomes of a bad version.",
            )
        return self

    def expect_image(self, expected: str, *, next_step: str = "") -> Self:
        """The image that its copies are to be made from."""
        if self.image != expected:
            step = next_step or f"docker service inspect --pretty {self.name}"
            raise CheckFailed(f"{self.name} is made from {expected}", f"it is {self.image}", step)
        return self

    # --- rollouts

    def settle(self, within: float = 60) -> Self:
        """Wait until no rollout is under way.

        Raises:
            CheckFailed: It does not end; with the reason that Swarm gives.
        """

        def settled() -> bool:
            return str(self.update_status.get("State", "completed")) in ENDED

        if not wait_until(settled, within, POLL_SECONDS):
            raise self._stuck(within)
        return self

    def deploy(self, image: str, within: float = 60) -> str:
        """Roll another image out, as a learner would, and wait for the end.

        Returns:
            How it ended: completed, rollback_completed, paused or rollback_paused.

        Raises:
            CheckFailed: It does not end in time; with the reason that Swarm gives.
            CouldNotFindOut: The service is made from that image already, so nothing would happen.
        """
        from checker.docker.docker_engine import environment

        if self.image == image:
            raise CouldNotFindOut(
                f"{self.name} is made from {image} already; rolling it out would do nothing."
            )
        before = self.update_status.get("StartedAt", "")
        command = ["docker", "service", "update", "--detach", "--quiet", "--no-resolve-image"]
        update = [*command, "--image", image, self.name]
        process.run(update, timeout=CALL_SECONDS, env=environment())

        def over() -> bool:
            found = self.update_status
            return found.get("StartedAt", "") != before and found.get("State") in ENDED

        if not wait_until(over, within, POLL_SECONDS):
            raise self._stuck(within)
        return str(self.update_status["State"])

    def _stuck(self, within: float) -> CheckFailed:
        found = self.update_status
        return CheckFailed(
            f"the rollout of {self.name} ends within {within:g} s",
            f"{found.get('State', 'no rollout')}: {found.get('Message', '')}; {self._reasons()}",
            f"See its tasks: docker service ps --no-trunc {self.name}",
        )

    def _reasons(self) -> str:
        """Why tasks do not run, each reason once."""
        said = [
            f"{each['Status']['State']}: {each['Status'].get('Err') or each['Status']['Message']}"
            for each in self.tasks
            if each["Status"].get("Err")
            or (each["Status"]["State"] != "running" and each["DesiredState"] == "running")
        ]
        return "; ".join(dict.fromkeys(said)) or "no task says why"
