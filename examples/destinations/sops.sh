#!/usr/bin/env bash
# Secrets in a JSON file that SOPS encrypts with age. Each write is a commit, which is pushed where there is a remote.
set -euo pipefail
umask 077
file=${SECRETS_FILE:-secrets.enc.json}
decrypt() {
  if [[ -e $file ]]; then sops --decrypt --input-type json --output-type json "$file" </dev/null; else echo '{}'; fi
}

case $1 in
  write)
    new=$(mktemp "$file.XXXXXX")
    trap 'rm -f "$new"' EXIT
    stored=$(decrypt)
    { echo "$stored" && cat; } | jq -s '.[0] + .[1].secrets' |
      sops --encrypt --age "$SOPS_AGE_RECIPIENTS" --input-type json --output-type json /dev/stdin >"$new"
    mv "$new" "$file"
    git add -- "$file"
    git -c user.name=rotate-action -c user.email=rotate-action@localhost commit -q -m 'Rotate secrets' -- "$file"
    if [[ -n $(git remote) ]]; then git push -q; fi
    ;;
  confirm)
    stored=$(decrypt)
    both=$({ echo "$stored" && cat; } | jq -s .)
    jq -r '.[0] as $stored | .[1].names[] | select(in($stored))' <<<"$both" | while IFS= read -r name; do
      sum=$({ printf '%s=' "$name" && jq -j --arg name "$name" '.[0][$name]' <<<"$both"; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
