"""Where rollouts are measured: the labs of the track, as they begin and after their solutions.

So the comparison is of what learners do: one application, two copies of it, one entrance
with a probe before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checker.measure import ecs, kubernetes, swarm
from checker.measure.follower import RolloutFollower
from checker.orchestrators.ecs import aws_settings


@dataclass(frozen=True)
class Stage:
    """An orchestrator, and how its lab is used. Scripts are Bash, in the lab's workspace.

    Args:
        lab: Begins with a careless service `shop` of version 1; its solutions make it careful.
        url: Where the probe sends its requests.
        deploy: Asks for the version $1 and need not wait; also takes a bad version back where the
            orchestrator does not do it by itself.
        settle: Ends when no rollout is under way.
        cause: Tells why one does not end.
        scale: Makes it two copies, where the lab has another number.
    """

    name: str
    lab: str
    url: Callable[[], str]
    follow: Callable[[], RolloutFollower]
    deploy: str
    settle: str
    cause: str
    scale: str = ""


# A node remembers for two minutes which Pod a connection was sent to that nobody answered: the next
# one from that port would be lost to a rollout that is long over. So Kubernetes is made to forget.
STAGES = (
    Stage(
        name="Kubernetes",
        lab="deploy/zero-downtime-kubernetes",
        url=lambda: "http://127.0.0.1:8099/version",
        follow=lambda: kubernetes.KubernetesFollower("market", "shop"),
        deploy='if test -f deploy.sh; then bash deploy.sh "shop:$1" || true\n'
        'else kubectl -n market set image deployment/shop "shop=shop:$1"; fi',
        settle="kubectl -n market rollout status deployment shop --timeout=100s\n"
        "for node in $(docker ps --quiet --filter label=io.x-k8s.kind.cluster=course); do\n"
        "  docker exec $node conntrack -D -p tcp --state SYN_SENT > /dev/null 2>&1 || true; done",
        cause="kubectl -n market get deployment shop "
        "-o jsonpath='{range .status.conditions[*]}{.message} {end}'",
    ),
    Stage(
        name="ECS",
        lab="deploy/zero-downtime-ecs",
        url=lambda: f"{aws_settings.endpoint_url()}/_alb/front/version",
        follow=lambda: ecs.EcsFollower("market", "shop"),
        deploy="aws ecs update-service --cluster market --service shop "
        '--task-definition "shop:$1" > /dev/null',
        settle="until aws ecs describe-services --cluster market --services shop --output text "
        "--query \"services[0].deployments[?status=='PRIMARY'].rolloutState\" |\n"
        "  grep -q COMPLETED &&\n"
        "  test $(docker ps --quiet --filter label=com.amazonaws.ecs.container-name=shop |\n"
        "  wc -l) = 2; do sleep 0.5; done",
        cause="aws ecs describe-services --cluster market --services shop --output text "
        "--query 'services[0].[deployments[0].rolloutStateReason, events[0].message]'",
        scale="aws ecs update-service --cluster market --service shop --desired-count 2 "
        "> /dev/null",
    ),
    Stage(
        name="Swarm",
        lab="deploy/zero-downtime-swarm",
        url=lambda: "http://127.0.0.1:8093/version",
        follow=lambda: swarm.SwarmFollower("shop"),
        deploy="docker service update --detach --quiet --no-resolve-image "
        '--image "shop:$1" shop > /dev/null',
        settle="docker service update --quiet --no-resolve-image shop > /dev/null\n"
        "until test $(docker ps --quiet --filter label=com.docker.swarm.service.name=shop |\n"
        "  wc -l) = 2; do sleep 0.3; done",
        cause="docker service ps shop --no-trunc --format '{{.CurrentState}} {{.Error}}' | head -3",
    ),
)
