"""The process of the ECS emulator: MiniStack, and what it lacks of AWS, in front of and beside it.

`door` sees every request first: it answers for Application Auto Scaling, refuses what AWS refuses
and tells the events of services. `limits` gives task containers their memory and CPU, and publishes
ports on 127.0.0.1 alone. `watcher` listens to Docker for containers that ended or were removed.

Load balancing and the scheduling of services are the course's own: `targets`, `healthchecks` and
`forwarding`; `rollout`, `scheduler`, `stopping` and `taskhealth`. `ministack` puts them in the
place of MiniStack's. All else of it is as it came.
"""
