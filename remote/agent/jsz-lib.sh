#!/bin/bash
# What scripts share that read JetStream's figures. Sent with those of this folder in the place of their `source` line, and put
# beside those that are files on the node.

# jsz PORT SECONDS: asks nats-server's own port, and says `STREAM CONSUMER KEY VALUE` of each queue, tab-separated, with keys as
# nats-server names them; the consumer is empty for what is of the whole stream: `stranded`, messages that neither wait nor are taken, which were given out
# for the last time or whose consumer is gone. nats-server writes a field on each line.
jsz() {
  timeout "$2" curl -fsS --max-time "$2" "http://127.0.0.1:$1/jsz?streams=true&consumers=true" | awk '
    function plain(text) { gsub(/[",]/, "", text); return text }
    $1 == "\"stream_name\":" { stream = plain($2); next }
    $1 == "\"name\":" { name = plain($2); next }
    $1 == "\"messages\":" && name != "" { stranded[name] = plain($2); next }
    $1 ~ /^"num_(ack_pending|redelivered|waiting|pending)":$/ && stream != "" { 
      key = plain($1); sub(/:$/, "", key)
      printf "%s\t%s\t%s\t%s\n", stream, name, key, plain($2)
      if (key ~ /pending$/ && stream in stranded) stranded[stream] -= plain($2)
    }
    END { for (stream in stranded) printf "%s\t\tstranded\t%d\n", stream, stranded[stream] < 0 ? 0 : stranded[stream] }'
}
