import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { containerUnit, render } from "../../../packages/quadlet";
import { Image, Unit } from "../../../provider/sdk/remote";
import type { ConnectionArgs } from "../../../remote/connection-args";
import { shippingState } from "../../../services";
import { reference } from "../../images/reference";
import { chainExpression, perlPatterns } from "./redaction";

/**
 * systemd's own carrier of journals. Of four that were tried under faults it alone lost nothing: it notes the last line that
 * was taken, and the journal is the buffer. It carries lines as they are, so redact.pl stands behind it on the node and takes
 * secrets out. Beside it pods.pl carries the pods' logs, which are in no journal, in the same way. All run in a container, so
 * that nothing is installed on the node.
 */

const name = "homelab-journal-upload";
const folder = `/usr/local/lib/homelab/${name}`;
const state = shippingState.victorialogs;

/** A base that has the program already needs no network. */
const containerfile = (base: string) => `FROM ${base}
RUN set -eu; \\
    if [ ! -x /usr/lib/systemd/systemd-journal-upload ]; then \\
      apt-get update; \\
      apt-get install -y --no-install-recommends systemd-journal-remote; \\
      rm -rf /var/lib/apt/lists/*; \\
    fi; \\
    test -x /usr/lib/systemd/systemd-journal-upload; \\
    perl -MIO::Socket::IP -e 1
`;

/** Where VictoriaLogs is, and takes journals. */
export interface JournalTarget {
  readonly host: string;
  readonly port: number;
}

/** The text of homelab-journal-upload.container. */
const journalUploadQuadlet = ({ host, port }: JournalTarget, image: string) =>
  render(
    containerUnit({
      unit: {
        description: "Carries this node's journal and its pods' logs to where logs are kept",
        after: ["network-online.target"],
        wants: ["network-online.target"],
        startLimitIntervalSec: 0,
      },
      container: {
        containerName: name,
        image,
        pull: "never",
        network: "host",
        entrypoint: `${folder}/ship.sh`,
        exec: [host, String(port), "/insert/journald"],
        mounts: [
          { source: "/var/log/journal", target: "/var/log/journal", readOnly: true },
          { source: "/var/log/pods", target: "/var/log/pods", readOnly: true },
          { source: state, target: "/state" },
          { source: folder, target: folder, readOnly: true },
        ],
        noNewPrivileges: true,
        dropCapabilities: ["all"],
        labels: {
          "homelab.dev/ephemeral":
            "how far the journal and the pods' logs have come: without it, lines are carried twice",
        },
        logDriver: "journald",
      },
      service: { restart: "always", restartSec: 5, memoryMax: "64M" },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );

export function journalUpload(
  resource: string,
  { connection, base, target }: { connection: ConnectionArgs; base: string; target: JournalTarget },
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): Unit {
  const image = new Image(
    `${resource}-image`,
    {
      connection,
      repository: "localhost/homelab/journal-upload",
      containerfile: containerfile(reference(base)),
    },
    options(),
  );
  return new Unit(
    `${resource}-unit`,
    {
      connection,
      service: `${name}.service`,
      files: [
        {
          path: `/etc/containers/systemd/${name}.container`,
          content: image.reference.apply((built) => journalUploadQuadlet(target, built)),
        },
        ...["ship.sh", "redact.pl", "pods.pl", "Secrets.pm", "Engine.pm", "Files.pm"].map((file) => ({
          path: `${folder}/${file}`,
          content: readFileSync(join(__dirname, "../scripts", file), "utf8"),
          mode: "0755",
        })),
        { path: `${folder}/patterns`, content: perlPatterns() },
        { path: `${folder}/chain`, content: `${chainExpression}\n` },
      ],
      directories: [
        { path: state, mode: "0700" },
        // A journal in memory alone would lose what a power cut takes before it was carried away.
        { path: "/var/log/journal", mode: "0755" },
        // Of a node without pods: it cannot be mounted where it is not, and one that came later would not be seen.
        { path: "/var/log/pods", mode: "0755" },
      ],
      restartOn: { image: image.imageId },
      health: { exec: ["podman", "exec", name, "test", "-d", "/state"], timeoutSeconds: 30 },
    },
    options({ dependsOn: image }),
  );
}
