import { z } from "zod";

/** What stands in a quadlet's sections beyond what the program writes: a value, or several for a key that repeats. */
const value = z.union([z.string().regex(/^[^\r\n\0]+$/, "must be one line"), z.number(), z.boolean()]);

/** Keys that would break what the program promises, and why. */
const refused: Readonly<Record<string, string>> = {
  Image: "the image is chosen by the service's own key, so that `homelab pin` knows it",
  Pull: "the image is on the node before the service starts",
  ContainerName: "health checks and logs know the container by its name",
  ServiceName: "the program knows the unit by its name",
  PublishPort: "a port that no service declares would be open to the network",
  Network: "the firewall knows the ports of the node's own network",
  Secret: "secrets are made by the program, so that none stands in a file",
  AutoUpdate: "an image changes by `pulumi up` only",
  LogDriver: "logs go to the journal, where they are kept and shipped",
  EnvironmentFile: "a secret in a file on the node is one that nobody knows of",
};

const section = z.record(
  z
    .string()
    .regex(/^[A-Z][A-Za-z]+$/, "must be a key as podman-systemd.unit(5) writes it, such as AddCapability")
    .check((ctx) => {
      const why = refused[ctx.value];
      if (why !== undefined)
        ctx.issues.push({ code: "custom", message: `may not be set: ${why}`, input: ctx.value });
    }),
  z.union([value, z.array(value).min(1)]),
);

/**
 * Further keys of a service's quadlet, by section, added to those that the program writes; the placement rule judges the
 * whole.
 * @example `{ Container: { AddCapability: [NET_ADMIN] }, Service: { Nice: 5 } }`
 * @see podman-systemd.unit(5), systemd.service(5)
 */
export const quadletKeys = z
  .strictObject(
    {
      Unit: section.default({}).describe("further keys of its `[Unit]`"),
      Container: section
        .default({})
        .describe(
          "further keys of its `[Container]`, such as `AddCapability`; those that would break a promise are refused",
        ),
      Service: section.default({}).describe("further keys of its `[Service]`"),
    },
    {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? "is no section; known here: Unit, Container, Service"
          : undefined,
    },
  )
  .prefault({});

export type QuadletKeys = Readonly<
  Record<
    string,
    Readonly<Record<string, z.output<typeof value> | readonly z.output<typeof value>[]>> | undefined
  >
>;
