"""Checks and renders the chart as `helm lint` and `helm template` do.

Usage: render_chart.py CHART < VALUES, which are JSON. Prints the findings and the rendered files as JSON.
"""

import json
import sys

import helm_python

chart, values = sys.argv[1], json.load(sys.stdin)
findings = helm_python.lint(chart, values=values)
try:
    with helm_python.Chart.load(chart) as loaded:
        files = loaded.render(values=values, name="demo", namespace="prod")
    error = None
except helm_python.HelmError as failure:
    files, error = {}, str(failure)
print(json.dumps({"findings": findings["messages"], "files": files, "error": error}))
