import type * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import { podUser, type Keeps, type PodRun } from "../../services";
import { connectionOf, type Node } from "../../topology";
import { directoriesService, ephemeralMark } from "../pod-service";

/** Directories of the node that a workload's pods are given: a unit makes them, with their owner, before the pods begin. */
export function declareDirectories(
  name: string,
  of: {
    readonly node: Node;
    readonly run: PodRun;
    readonly keeps: Keeps;
    readonly sshIdentity: string | undefined;
  },
  opts: pulumi.CustomResourceOptions,
): Unit | undefined {
  const { node, run, keeps, sshIdentity } = of;
  if (keeps.kind === "nothing") return undefined;
  const service = `${run.name}-directories.service`;
  const reasonFile = `/etc/homelab/${run.name}.reason`;
  const nobody = { uid: podUser, gid: podUser };
  const text = directoriesService({
    description: `Directories of ${run.name}`,
    directories: keeps.paths,
    mode: "0700",
    owner: run.pods[0]?.user ?? nobody,
    // The same as a quadlet, which it was before: two would write at once.
    conflicts: [`${run.name}.service`],
    ...(keeps.kind === "ephemeral" ? { reasonFile } : {}),
  });
  const [first = ""] = keeps.paths;
  return new Unit(
    `${name}-directories`,
    {
      connection: connectionOf(node, sshIdentity),
      service,
      files: [
        { path: `/etc/systemd/system/${service}`, content: text },
        ...(keeps.kind === "ephemeral" ? [{ path: reasonFile, content: `${keeps.reason}\n` }] : []),
      ],
      health: {
        exec: [
          "/usr/bin/test",
          ...(keeps.kind === "ephemeral" ? ["-e", `${first}/${ephemeralMark}`] : ["-d", first]),
        ],
      },
      keeps: [...keeps.paths],
      ...(keeps.kind === "ephemeral" ? { ephemeral: keeps.reason } : {}),
    },
    opts,
  );
}
