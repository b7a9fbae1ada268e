"""Checks and renders the chart as `helm lint` and `helm template` do.

Usage: render_chart.py CHART < LIST, a JSON list of values. Prints a list with the findings and the rendered files for
each of them, as JSON.
"""

import json
import sys

import helm_python


def rendering(chart, values):
    findings = helm_python.lint(chart, values=values)["messages"]
    try:
        with helm_python.Chart.load(chart) as loaded:
            files = loaded.render(values=values, name="demo", namespace="prod")
        return {"findings": findings, "files": files, "error": None}
    except helm_python.HelmError as error:
        return {"findings": findings, "files": {}, "error": str(error)}


print(json.dumps([rendering(sys.argv[1], values) for values in json.load(sys.stdin)]))
