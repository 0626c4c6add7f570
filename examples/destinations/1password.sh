#!/usr/bin/env bash
# Secrets in concealed fields of one item, whose labels are the names. The item must exist.
set -euo pipefail
item=("$OP_ITEM" --vault "$OP_VAULT")
stored=$(op item get "${item[@]}" --format json --reveal </dev/null)

case $1 in
  write)
    { echo "$stored" && cat; } | jq -s '
      .[1].secrets as $new
      | .[0]
      | .fields |= map(select(.label | in($new) | not))
      | .fields += ($new | to_entries | map({label: .key, type: "CONCEALED", value}))' |
      op item edit "${item[@]}" >/dev/null
    ;;
  confirm)
    both=$({ echo "$stored" && cat; } | jq -s '[(.[0].fields | map({key: .label, value}) | from_entries), .[1]]')
    jq -r '.[0] as $stored | .[1].names[] | select(in($stored))' <<<"$both" | while IFS= read -r name; do
      sum=$({ printf '%s=' "$name" && jq -j --arg name "$name" '.[0][$name]' <<<"$both"; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
