"""python -m cloud_controller: the cloud controller manager of one cluster."""

from __future__ import annotations

import argparse
import signal

from cloud_controller.cloud import Cloud
from cloud_controller.cluster import Cluster, connect
from cloud_controller.manager import Manager


def main() -> None:
    """Read the arguments, and work until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="cloud_controller", description=__doc__)
    parser.add_argument("--kubeconfig", help="without it: the ServiceAccount of the Pod")
    parser.add_argument("--cluster", default="course", help="kind's name of the cluster")
    parser.add_argument("--network", default="kind", help="Docker network of the cluster's nodes")
    parser.add_argument(
        "--configure-cloud-routes", action="store_true", help="lead to Pods of other nodes"
    )
    options = parser.parse_args()
    cloud = Cloud(options.cluster, options.network)
    manager = Manager(Cluster(connect(options.kubeconfig)), cloud, options.configure_cloud_routes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: manager.stop())
    print(f"cloud controller for cluster {options.cluster}, zone {cloud.place()[1]}", flush=True)
    manager.run()


main()
