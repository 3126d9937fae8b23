"""The process of the ECS emulator: MiniStack, and what it lacks of AWS, before and next to it.

`middleware` sees every request first: it answers for Application Auto Scaling, refuses what AWS
refuses and adds the events of services; `alb_route` takes the requests of load balancers.
`docker_patches` gives containers of tasks their memory and CPU, and publishes ports on 127.0.0.1
alone. `watcher` listens to Docker for containers that ended or were removed.

Load balancing and the scheduling of services are the course's own, and `ministack_patches` puts
them in the place of MiniStack's. `private_names` lists all that this replaces or uses of other
packages without their leave. All else of MiniStack is as it came.
"""
