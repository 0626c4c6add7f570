#!/usr/bin/env bash
# Keys of one Secret of Kubernetes, which is created where it does not exist.
set -euo pipefail
kube=(kubectl --namespace "$K8S_NAMESPACE")

case $1 in
  write)
    found=$("${kube[@]}" get secret "$K8S_SECRET" --ignore-not-found --output name </dev/null)
    if [[ -z $found ]]; then "${kube[@]}" create secret generic "$K8S_SECRET" </dev/null >/dev/null; fi
    jq '{stringData: .secrets}' |
      "${kube[@]}" patch secret "$K8S_SECRET" --type merge --patch-file /dev/stdin >/dev/null
    ;;
  confirm)
    found=$("${kube[@]}" get secret "$K8S_SECRET" --ignore-not-found --output json </dev/null)
    both=$({ echo "${found:-{\}}" && cat; } | jq -s '[.[0].data // {}, .[1]]')
    jq -r '.[0] as $stored | .[1].names[] | select(in($stored))' <<<"$both" | while IFS= read -r name; do
      sum=$({ printf '%s=' "$name" && jq -j --arg name "$name" '.[0][$name]' <<<"$both" | base64 -d; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
