#!/usr/bin/env bash
# Secrets of the config that DOPPLER_TOKEN is for.
set -euo pipefail
umask 077

case $1 in
  write)
    file=$(mktemp --suffix=.json)
    trap 'rm -f "$file"' EXIT
    jq .secrets >"$file"
    doppler secrets upload "$file" --silent >/dev/null
    ;;
  confirm)
    stored=$(doppler secrets download --no-file --format json </dev/null)
    both=$({ echo "$stored" && cat; } | jq -s .)
    jq -r '.[0] as $stored | .[1].names[] | select(in($stored))' <<<"$both" | while IFS= read -r name; do
      sum=$({ printf '%s=' "$name" && jq -j --arg name "$name" '.[0][$name]' <<<"$both"; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
