"""The process of the ECS emulator: MiniStack, and what it lacks of AWS, in front of and beside it.

`door` sees every request first: it answers for Application Auto Scaling, refuses what AWS refuses
and tells the events of services. `limits` gives task containers their memory and CPU, and publishes
ports on 127.0.0.1 alone. `watcher` listens to Docker for containers that were removed.
Nothing of MiniStack is changed: all goes through its API and through Docker's.
"""
