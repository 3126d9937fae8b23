"""Steps of a build are read from its progress: which were run again, and what they said."""

from __future__ import annotations

from checker.checks.docker.build_steps import BuildStep, read_build_steps

PROGRESS = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#4 [packages 1/3] FROM docker.io/library/node:24
#4 DONE 0.0s

#6 [packages 2/3] WORKDIR /app
#6 CACHED

#7 [packages 3/3] RUN --mount=type=bind,source=package.json     npm ci
#7 0.296 added 13 packages in 1s
#7 1.01 done
#7 DONE 1.1s

#8 [2/2] COPY --from=packages /app /app
#8 CACHED

#7 [packages 3/3] RUN --mount=type=bind,source=package.json     npm ci
#9 exporting to image
"""


def test_steps_are_told_apart_by_whether_they_were_run() -> None:
    assert read_build_steps(PROGRESS) == [
        BuildStep("packages", "WORKDIR /app", True),
        BuildStep(
            "packages",
            "RUN --mount=type=bind,source=package.json npm ci",
            False,
            "added 13 packages in 1s\ndone",
        ),
        BuildStep("", "COPY --from=packages /app /app", True),
    ]


def test_another_builder_tells_no_steps() -> None:
    assert read_build_steps("Step 1/3 : FROM busybox\n ---> Using cache\n") == []
