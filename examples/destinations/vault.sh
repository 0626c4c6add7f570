#!/usr/bin/env bash
# Keys of one secret of HashiCorp Vault, in a KV store of version 2.
set -euo pipefail
at=(-mount "$VAULT_MOUNT" "$VAULT_SECRET")

case $1 in
  write)
    secrets=$(jq .secrets)
    # With -cas=0 nothing is overwritten: it is the first write, or it fails.
    vault kv patch "${at[@]}" - <<<"$secrets" >/dev/null || vault kv put -cas=0 "${at[@]}" - <<<"$secrets" >/dev/null
    ;;
  confirm)
    if ! found=$(vault kv get -format=json "${at[@]}" 2>&1 </dev/null); then
      if [[ $found == *'No value found'* ]]; then exit 0; fi
      echo "$found" >&2
      exit 1
    fi
    both=$({ echo "$found" && cat; } | jq -s '[.[0].data.data, .[1]]')
    jq -r '.[0] as $stored | .[1].names[] | select(in($stored))' <<<"$both" | while IFS= read -r name; do
      sum=$({ printf '%s=' "$name" && jq -j --arg name "$name" '.[0][$name]' <<<"$both"; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
