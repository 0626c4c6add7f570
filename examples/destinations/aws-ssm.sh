#!/usr/bin/env bash
# SecureString parameters of AWS Systems Manager, named SSM_PATH/NAME.
set -euo pipefail
umask 077
path=${SSM_PATH%/}

case $1 in
  write)
    file=$(mktemp)
    trap 'rm -f "$file"' EXIT
    jq -c --arg path "$path" '.secrets | to_entries[]
      | {Name: "\($path)/\(.key)", Value: .value, Type: "SecureString", Overwrite: true}' |
      while IFS= read -r parameter; do
        echo "$parameter" >"$file"
        aws ssm put-parameter --cli-input-json "file://$file" </dev/null >/dev/null
      done
    ;;
  confirm)
    jq -r '.names[]' | while IFS= read -r name; do
      found=$(aws ssm get-parameters --names "$path/$name" --with-decryption --output json </dev/null)
      if jq -e '.Parameters == []' <<<"$found" >/dev/null; then continue; fi
      sum=$({ printf '%s=' "$name" && jq -j '.Parameters[0].Value' <<<"$found"; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
