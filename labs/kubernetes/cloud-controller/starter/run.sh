# Runs the cloud controller of a folder: sh run.sh FOLDER [OPTION ...]. Ctrl-C ends it.
cd "$1" || exit
shift
exec "$COURSE_ROOT/.venv/bin/python" -m cloud_controller --kubeconfig "$KUBECONFIG" "$@"
