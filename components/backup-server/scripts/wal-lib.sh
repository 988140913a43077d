# shellcheck shell=bash
# wal-lib.sh: where received WAL is, and whether the server can go on with it. Sourced by wal.sh in its container, and
# by postgres-lib.sh on the node.
#
# A folder holds one stretch of WAL: within it nothing is missing, and each timeline goes on where the former was left.
# When the server cannot go on where receiving ended (it was promoted elsewhere and copied back, or has removed what is
# wanted), a new stretch begins in a folder of its own: `wal`, then `wal.from-MOMENT`. The former ones stay as they are.
segment_bytes=$((16 << 20))

# stretches HISTORY: its folders of WAL, oldest first.
stretches() {
  local folder
  for folder in "$1"/wal "$1"/wal.from-*Z; do
    if [ -d "$folder" ]; then printf '%s\n' "$folder"; fi
  done
}

# goes_on FOLDER: timeline and number of the segment with which pg_receivewal goes on with FOLDER: after the last whole
# one, or the last one anew that is not; of one number that of the latest timeline. Nothing for an empty folder.
goes_on() {
  local path name key last=''
  for path in "$1"/*; do
    name=${path##*/}
    [[ $name =~ ^[0-9A-F]{24}(\.partial)?$ ]] || continue
    key=${name:8:16}${name:0:8}1
    if [[ $name = *.partial ]]; then key=${key%1}0; fi
    [[ $key < $last ]] || last=$key
  done
  [ -z "$last" ] || printf '%d %d\n' "$((16#${last:16:8}))" "$((16#${last:0:8} * 256 + 16#${last:8:8} + ${last:24:1}))"
}

# bytes LSN: a position in WAL as a number.
bytes() { printf '%d\n' "$(((16#${1%/*} << 32) + 16#${1#*/}))"; }

# asked_for TIMELINE NUMBER SERVER-TIMELINE SERVER-LSN HISTORY: what a server that has written up to LSN must have so
# that receiving goes on there. HISTORY is the text of its timeline's file. Prints one of
#   segment NAME     the file that it would send from
#   ahead            it has not come so far, on the same timeline
#   nothing          it is just there
#   forked SENTENCE  its history and what was received have parted before
asked_for() {
  local number=$2 start=$(($2 * segment_bytes)) timeline lsn fork='' next='' end
  if [ "$1" = "$3" ]; then
    end=$(bytes "$4")
    if [ "$start" -gt "$end" ]; then
      echo ahead
    elif [ "$start" = "$end" ]; then
      echo nothing
    else
      printf 'segment %08X%08X%08X\n' "$1" "$((number / 256))" "$((number % 256))"
    fi
    return
  fi
  while read -r timeline lsn _; do
    [[ $timeline =~ ^[0-9]+$ ]] || continue
    if [ -n "$fork" ]; then next=$timeline && break; fi
    if [ "$timeline" = "$1" ]; then fork=$lsn; fi
  done <<<"$5"
  if [ -z "$fork" ]; then
    printf 'forked its timeline %s does not come from timeline %s\n' "$3" "$1"
  elif [ "$start" -gt "$(bytes "$fork")" ]; then
    printf 'forked it left timeline %s at %s, before the end of what was received\n' "$1" "$fork"
  else
    # The segment in which a timeline ends is sent from the file of the next, which begins with a copy of it.
    timeline=$1
    if [ "$number" = "$(($(bytes "$fork") / segment_bytes))" ]; then timeline=${next:-$3}; fi
    printf 'segment %08X%08X%08X\n' "$timeline" "$((number / 256))" "$((number % 256))"
  fi
}
