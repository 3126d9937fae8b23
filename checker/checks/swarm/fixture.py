"""The fixture `swarm`: services, what they are set to, and how a rollout of theirs ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, find_similar_names, join_names
from checker.images.reference import is_same_image

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

    def service(self, name: str) -> SwarmService:
        """Return the service NAME.

        Raises:
            CheckFailed: There is none; the message names services that may be meant.
            CouldNotFindOut: The engine is in no Swarm.
        """
        from docker.errors import APIError, NotFound

        try:
            self._api.inspect_service(name)
        except NotFound:
            others = [each["Spec"]["Name"] for each in self._api.services()]
            alike = find_similar_names(name, others)
            found = f"no such service, but {join_names(alike)}" if alike else "no such service"
            step = "See what there is: docker service ls"
            raise CheckFailed(f"a service named {name}", found, step) from None
        except APIError as error:
            raise CouldNotFindOut("The engine is in no Swarm.", found=str(error)) from error
        return SwarmService(self._api, name)


class SwarmService:
    """A service; every fact is looked up again, and every `expect_` gives the service back."""

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
    def container_spec(self) -> Object:
        """What its containers are made from: Image, Env, Healthcheck, StopSignal, ..."""
        return dict(self.spec["TaskTemplate"]["ContainerSpec"])

    @property
    def image(self) -> str:
        """Without the digest that Swarm may have added."""
        return str(self.container_spec["Image"]).partition("@")[0]

    @property
    def replicas(self) -> int:
        """How many copies are wanted."""
        return int(self.spec["Mode"].get("Replicated", {}).get("Replicas", 0))

    @property
    def health_command(self) -> list[str]:
        """What the service itself asks with, as for exec; empty if it sets none."""
        test = list((self.container_spec.get("Healthcheck") or {}).get("Test") or ["NONE"])
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
        """Expect how many copies are wanted, and that as many run."""
        if not wait_until(lambda: self.replicas == count == self.running, within, POLL_SECONDS):
            found = f"{self.replicas} wanted, {self.running} running; {self._describe_trouble()}"
            step = next_step or f"See its tasks: docker service ps --no-trunc {self.name}"
            raise CheckFailed(f"{count} copies of {self.name} wanted and running", found, step)
        return self

    def expect_health_check(self, *, next_step: str = "") -> Self:
        """Expect that the service says how to ask a copy whether it is well."""
        if not self.health_command:
            found = "no health check: Swarm considers a copy ready as soon as its process runs"
            step = next_step or "docker service update --help lists what begins with --health"
            raise CheckFailed(f"a health check of {self.name}", found, step)
        return self

    def expect_order(self, expected: str, *, next_step: str = "") -> Self:
        """Expect the order of a rollout: start-first or stop-first."""
        order = self.update.get("Order", "stop-first")
        if order != expected:
            what = f"{self.name} is updated {expected}"
            step = next_step or "Which copy should go or come first? --update-order says it."
            raise CheckFailed(what, f"its update order is {order}", step)
        return self

    def expect_one_by_one(self, *, next_step: str = "") -> Self:
        """Expect that a rollout replaces one copy at a time."""
        parallelism = int(self.update.get("Parallelism", 1))
        if parallelism != 1:
            found = "all at once" if parallelism == 0 else f"{parallelism} at a time"
            expected = f"{self.name} is updated one copy at a time"
            step = next_step or "--update-parallelism says how many are replaced at a time."
            raise CheckFailed(expected, f"{found} (update parallelism {parallelism})", step)
        return self

    def expect_failure_action(self, expected: str, *, next_step: str = "") -> Self:
        """Expect what a rollout that fails ends with: pause, continue or rollback."""
        action = self.update.get("FailureAction", "pause")
        if action != expected:
            what = f"a rollout of {self.name} that fails ends with {expected}"
            step = next_step or "--update-failure-action says what happens to a bad version."
            raise CheckFailed(what, f"its failure action is {action}", step)
        return self

    def expect_image(self, expected: str, *, next_step: str = "") -> Self:
        """Expect the image that its copies are to be made from."""
        if not is_same_image(expected, self.image):
            step = next_step or f"docker service inspect --pretty {self.name}"
            raise CheckFailed(f"{self.name} is made from {expected}", f"it is {self.image}", step)
        return self

    # --- rollouts

    def settle(self, within: float = 60) -> Self:
        """Wait until no rollout is under way.

        Raises:
            CheckFailed: It does not end; with the reason that Swarm gives.
        """

        def has_settled() -> bool:
            return str(self.update_status.get("State", "completed")) in ENDED

        if not wait_until(has_settled, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return self

    def deploy(self, image: str, within: float = 60) -> str:
        """Roll another image out, as a learner would, and wait for the end.

        Returns:
            How it ended: completed, rollback_completed, paused or rollback_paused.

        Raises:
            CheckFailed: It does not end in time; with the reason that Swarm gives.
            CouldNotFindOut: The service is made from that image already, so nothing would happen.
        """
        from checker.docker.connection import run_docker

        if self.image == image:
            raise CouldNotFindOut(
                f"{self.name} is made from {image} already; rolling it out would do nothing."
            )
        before = self.update_status.get("StartedAt", "")
        options = ("--detach", "--quiet", "--no-resolve-image", "--image", image)
        run_docker("service", "update", *options, self.name, timeout=CALL_SECONDS)

        def has_ended() -> bool:
            # Until the Swarm has begun, the status is that of the rollout before.
            found = self.update_status
            return found.get("StartedAt", "") != before and found.get("State") in ENDED

        if not wait_until(has_ended, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return str(self.update_status["State"])

    def _explain_timeout(self, timeout: float) -> CheckFailed:
        found = self.update_status
        state = f"{found.get('State', 'no rollout')}: {found.get('Message', '')}"
        expected = f"the rollout of {self.name} ends within {timeout:g} s"
        step = f"See its tasks: docker service ps --no-trunc {self.name}"
        return CheckFailed(expected, f"{state}; {self._describe_trouble()}", step)

    def _describe_trouble(self) -> str:
        """Return why tasks do not run, each reason once."""
        reasons = [
            f"{each['Status']['State']}: {each['Status'].get('Err') or each['Status']['Message']}"
            for each in self.tasks
            if each["Status"].get("Err")
            or (each["Status"]["State"] != "running" and each["DesiredState"] == "running")
        ]
        return "; ".join(dict.fromkeys(reasons)) or "no task says why"
