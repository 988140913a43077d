import { hostPort, houseAddress, type Node, type Topology } from "../topology";
import { cloudBackends, cloudRule } from "./inference-cloud";
import { knownBackends, type BackendSettings, type InferenceSettings } from "./inference-settings";

/** What a client may ask for; LiteLLM has some hundred paths more, none of which leads out of here. */
const open = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/models",
  "/chat/completions",
  "/completions",
  "/embeddings",
  "/models",
];

/** Before a server's name in the path: of a model that says `wake`. No name begins so. */
export const wakePath = "_wake/";

/** Seconds that a request waits for a slot of a server of the house. */
const slotSeconds = 2;

interface Server {
  readonly at: string;
  readonly health: string;
}

function serverOf({ service, url, port, health }: BackendSettings, { nodes }: Topology): Server {
  if (service !== undefined) {
    const known = knownBackends[service];
    return { at: hostPort(houseAddress(nodes.compute), port ?? known.port), health: health ?? known.health };
  }
  const { host, port: inUrl } = new URL(url ?? "http://127.0.0.1");
  return { at: inUrl === "" ? `${host}:80` : host, health: health ?? "/v1/models" };
}

const backend = (name: string, own: BackendSettings, topology: Topology): string => {
  const { at, health } = serverOf(own, topology);
  return `
backend house-${name}
  option httpchk
  http-check send meth GET uri ${health}
  http-check expect rstatus ^2
  timeout check 2s
  timeout queue ${slotSeconds}s
  timeout server ${own.answerSeconds}s
  retries 0
  http-request set-var(txn.wanted) str(yes) if { var(txn.wake) -m found } { nbsrv(house-${name}) lt 1 }
  http-request replace-path /${name}/(.*) /\\1
  # Known to be gone within six seconds, also by what it answers; whoever waits for it then goes elsewhere at once.
  server ${name} ${at} maxconn ${own.slots} check inter 1s downinter 2s fall 2 rise 2 observe layer7 error-limit 3 on-error mark-down on-marked-down shutdown-sessions
`;
};

/** haproxy.cfg: the door that clients come in by, and the one by which LiteLLM asks servers of the house and accounts. */
export function doorConfig(own: InferenceSettings, node: Node, topology: Topology): string {
  const { storage } = topology.nodes;
  const scraper = [...new Set(["127.0.0.1", "::1", node.address, storage.address, houseAddress(storage)])];
  return `# Written by Pulumi: changes made here are put back.
global
  log stdout format raw local0 info
  maxconn 1000
  # A request that is all in here can be sent again when LiteLLM is restarted in between.
  tune.bufsize 262144

defaults
  mode http
  log global
  option dontlognull
  timeout connect 2s
  timeout client 1h
  timeout http-request 60s
  timeout queue 120s
  timeout server 1h

frontend gateway
  bind ${node.address.includes(":") ? `:::${own.port} v4v6` : `*:${own.port}`}
  monitor-uri /health
  # The chain is the caller's trace id, or one made here.
  acl traced req.hdr(traceparent) -m reg ^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$
  http-request set-var(txn.chain) req.hdr(traceparent),field(2,-) if traced
  http-request set-var(txn.chain) uuid,regsub(-,,g) unless traced
  http-request set-header X-Correlation-Id %[var(txn.chain)]
  log-format '{"correlation_id":"%[var(txn.chain)]","what":"inference","path":"%[capture.req.uri,regsub(\\?.*,),json(utf8s)]","status":%ST,"bytes":%B,"ms":%Tt,"waited_ms":%Tw,"retries":"%rc","ended":"%ts"}'
  http-request deny deny_status 404 if { path /metrics /metrics/ } !{ src ${scraper.join(" ")} }
  http-request deny deny_status 404 unless { path ${open.join(" ")} } || { path /metrics /metrics/ }
  http-request set-path /metrics/ if { path /metrics }
  use_backend metrics if { path /metrics/ }
  # Nobody is refused without being told when to come again.
  http-after-response set-header Retry-After 5 if { status 429 503 } !{ res.hdr(Retry-After) -m found }
  http-after-response set-header X-Correlation-Id %[var(txn.chain)]
  default_backend router

# What was asked is sent again when LiteLLM went away before it answered; the second door waits until it is there again.
backend router
  option http-buffer-request
  http-reuse never
  retry-on empty-response 502
  retries 3
  server again abns@homelab-inference-${own.port}

frontend again
  bind abns@homelab-inference-${own.port}
  option dontlog-normal
  default_backend litellm

backend litellm
  http-reuse never
  retry-on conn-failure
  retries 120
  server litellm 127.0.0.1:${own.routerPort} maxconn 200

frontend house
  bind 127.0.0.1:${own.backendPort}
  option dontlog-normal
  # A model that says wake asks the same servers; that nobody is there is in the log, where homelab-inference-wake reads it.
  acl wakes path_beg /${wakePath}
  http-request set-var(txn.wake) str(yes) if wakes
  http-request replace-path /${wakePath}(.*) /\\1 if wakes
  log-format '{"what":"house","server":"%b","status":%ST,"wanted":"%[var(txn.wanted)]"}'
  ${cloudRule}
  use_backend house-%[path,field(2,/)]
${Object.entries(own.backends)
  .map(([name, one]) => backend(name, one, topology))
  .join("")}${cloudBackends(own)}
frontend figures
  bind ${node.address.includes(":") ? `:::${own.metricsPort} v4v6` : `*:${own.metricsPort}`}
  http-request deny deny_status 404 unless { path /metrics }
  http-request use-service prometheus-exporter
`;
}

/** The one part of it that is secret: LiteLLM tells its figures to whoever has the master key. */
export const doorMetrics = ({ routerPort }: InferenceSettings, master: string): string => `backend metrics
  http-request set-header Authorization "Bearer ${master}"
  server litellm 127.0.0.1:${routerPort}
`;
