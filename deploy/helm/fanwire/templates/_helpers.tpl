{{- define "fanwire.name" -}}
{{- if contains "fanwire" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-fanwire" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "fanwire.selector" -}}
app.kubernetes.io/name: fanwire
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "fanwire.labels" -}}
{{ include "fanwire.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "fanwire.secret" -}}
{{- if .Values.existingSecret -}}
{{- .Values.existingSecret -}}
{{- else if .Values.apps -}}
{{- include "fanwire.name" . -}}
{{- else -}}
{{- fail "Cannot find an app: apps must have at least one, or existingSecret must name a Secret with the file fanwire.json" -}}
{{- end -}}
{{- end -}}
