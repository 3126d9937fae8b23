# Runs the cloud controller of a folder: sh run.sh FOLDER. Ctrl-C ends it.
cd "$1" || exit
exec "$COURSE_ROOT/.venv/bin/python" -m cloud_controller --kubeconfig "$KUBECONFIG"
