"""The fixture `swarm`: services, what they are set to, and how a rollout of theirs ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, find_similar_names, join_names
from checker.images.reference import is_same_image

if TYPE_CHECKING:
    from docker import DockerClient

POLL_SECONDS = 0.2
"""A Swarm tells nobody when a rollout ends."""

GAPS = 2
"""Looks in a row at which too few copies were at work: a copy that is missed takes longer than
that to be replaced, and the list is not one moment of the Swarm."""

CALL_SECONDS = 30.0
ENDED = ("completed", "rollback_completed", "paused", "rollback_paused")

Object = dict[str, Any]


class TooFewCopies(CheckFailed):
    """During a rollout, fewer copies were at work than must be."""


def is_at_work(task: Object) -> bool:
    """Say whether a task runs, is healthy where it has a health check, and is to stay."""
    return bool(task["Status"]["State"] == "running" and task["DesiredState"] == "running")


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
        """What its copies are asked with, as for exec; empty if nothing is asked.

        It may stand at the service or in the image: the container of a copy knows both.
        """
        test: list[str] = []
        for config in self._list_configs():
            test = list((config.get("Healthcheck") or {}).get("Test") or [])
            if test:
                break
        if test[:1] == ["CMD-SHELL"]:
            return ["/bin/sh", "-c", *test[1:]]
        return test[1:] if test[:1] == ["CMD"] else []

    def _list_configs(self) -> Iterator[Object]:
        """List what says how a copy is asked, the surest first."""
        from docker.errors import NotFound

        for each in self.tasks:
            ids = (each["Status"].get("ContainerStatus") or {}).get("ContainerID")
            if ids and is_at_work(each):
                with contextlib.suppress(NotFound):
                    yield dict(self._api.inspect_container(ids)["Config"])
                    # what its container does not have, no copy has
                    return
        yield self.container_spec

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
        return sum(map(is_at_work, self.tasks))

    # --- expectations

    def expect_running(
        self, count: int, *, or_more: bool = False, within: float = 0, next_step: str = ""
    ) -> Self:
        """Expect how many copies are wanted, and that as many run."""

        def has_all() -> bool:
            wanted = self.replicas
            return (wanted == count or (or_more and wanted > count)) and self.running == wanted

        if not wait_until(has_all, within, POLL_SECONDS):
            found = f"{self.replicas} wanted, {self.running} running; {self._describe_trouble()}"
            step = next_step or f"See its tasks: docker service ps --no-trunc {self.name}"
            copies = f"{count} copies or more" if or_more else f"{count} copies"
            raise CheckFailed(f"{copies} of {self.name} wanted and running", found, step)
        return self

    def expect_health_check(self, *, next_step: str = "") -> Self:
        """Expect that the service says how to ask a copy whether it is well."""
        if not self.health_command:
            found = "no health check: to Swarm a copy is ready as soon as its process runs"
            step = next_step or "docker service update --help lists what begins with --health"
            raise CheckFailed(f"a health check of {self.name}", found, step)
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

    def deploy(self, image: str, within: float = 60, *, never_fewer: int = 0) -> str:
        """Roll another image out, as a learner would, and wait for the end.

        Args:
            image: A reference.
            within: Seconds until it has ended, if it is taken back the way back too.
            never_fewer: How many copies must be at work all the while.

        Returns:
            How it ended: completed, rollback_completed, paused or rollback_paused.

        Raises:
            CheckFailed: It does not end in time, with the reason that Swarm gives.
            TooFewCopies: Too few copies were at work.
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

        gaps = 0

        def has_ended() -> bool:
            nonlocal gaps
            gaps = gaps + 1 if (running := self.running) < never_fewer else 0
            if gaps >= GAPS:
                raise self._explain_gap(never_fewer, running)
            # Until the Swarm has begun, the status is that of the rollout before.
            found = self.update_status
            return found.get("StartedAt", "") != before and found.get("State") in ENDED

        if not wait_until(has_ended, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return str(self.update_status["State"])

    def _explain_gap(self, wanted: int, running: int) -> TooFewCopies:
        back = (self.spec.get("RollbackConfig") or {}).get("Order", "stop-first")
        order = f"update order {self.update.get('Order', 'stop-first')}, rollback order {back}"
        expected = f"never fewer than {wanted} copies of {self.name} at work during a rollout"
        step = "Which copy should go or come first? --update-order and --rollback-order say it."
        found = f"only {running} ({order}); {self._describe_trouble()}"
        return TooFewCopies(expected, found, step)

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
