#!/usr/bin/env bash
# Entries of the password store `pass`, in the folder PASS_FOLDER. The agent of GnuPG must be able to decrypt without asking.
set -euo pipefail
store=${PASSWORD_STORE_DIR:-$HOME/.password-store}

case $1 in
  write)
    jq -c '.secrets | to_entries[]' | while IFS= read -r entry; do
      name=$(jq -r .key <<<"$entry")
      jq -j .value <<<"$entry" | pass insert --multiline --force "$PASS_FOLDER/$name" >/dev/null
    done
    if [[ -d $store/.git && -n $(git -C "$store" remote) ]]; then pass git push -q; fi
    ;;
  confirm)
    jq -r '.names[]' | while IFS= read -r name; do
      if [[ ! -e $store/$PASS_FOLDER/$name.gpg ]]; then continue; fi
      sum=$({ printf '%s=' "$name" && pass show "$PASS_FOLDER/$name" </dev/null; } | sha256sum)
      echo "$name $sum"
    done
    ;;
esac
