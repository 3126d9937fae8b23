"""The server: site, JupyterLab and the API of page scripts, on one origin."""
