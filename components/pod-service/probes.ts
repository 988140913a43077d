import type { Program, Probe } from "../../services";

const period = 5;

/** How one of the kubelet's questions is asked; undefined where there is nothing to ask. */
function question({ path, grpc, exec, tcp, port: asked }: Probe, { port = asked }: Program) {
  if (exec !== undefined) return { exec: { command: [...exec] } };
  const at = asked ?? port;
  if (at === undefined) return undefined;
  if (tcp === true) return { tcpSocket: { port: at } };
  return grpc === undefined
    ? { httpGet: { path: path ?? "/", port: at } }
    : { grpc: { port: at, service: grpc } };
}

/** Probes of a container. */
export function probes(program: Program) {
  const { probe } = program;
  const ask = probe === undefined ? undefined : question(probe, program);
  if (probe === undefined || ask === undefined) return {};
  return {
    // The others begin when this one has held once.
    startupProbe: {
      ...ask,
      periodSeconds: period,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(probe.startSeconds / period),
    },
    readinessProbe: { ...ask, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
    // A busy program is no broken one.
    ...(probe.restarts === false
      ? {}
      : { livenessProbe: { ...ask, periodSeconds: 30, timeoutSeconds: 20, failureThreshold: 5 } }),
  };
}
