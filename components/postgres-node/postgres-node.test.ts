import { describe, expect, it } from "vitest";
import { parse, valueOf, valuesOf } from "../../packages/quadlet";
import { postgresSchema } from "../../services";
import type { Node } from "../../topology";
import { alwaysOn, declared, named, passwordOf, secret, type Declared } from "../testing";
import { PostgresNode } from ".";

const settings = postgresSchema.parse({
  databases: {
    agent_gateway: {
      owner: "agent",
      extensions: ["vector"],
      connect: ["system"],
      schemas: { analytics: { owner: "system" } },
      grants: [{ role: "system", on: "tables", privileges: ["SELECT"] }],
    },
    dagster: { owner: "system" },
    mlflow: { owner: "system" },
  },
  roles: { agent: { memberOf: ["readers"] }, system: {}, ksh3: { superuser: true }, readers: {} },
});

const run = (opts?: ConstructorParameters<typeof PostgresNode>[2]) => {
  let node: PostgresNode | undefined;
  const all = declared(() => {
    node = new PostgresNode(
      "db",
      { node: alwaysOn(), settings, clients: ["10.0.0.1", "10.0.0.2"], sshIdentity: "/key" },
      opts,
    );
  });
  return all.then((resources) => ({ resources, node }));
};

const connection = {
  node: "storage",
  host: "10.0.0.1",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAA",
  identity: "/key",
};

interface File {
  path: string;
  content: string;
  mode?: string;
  onChange?: string;
}
const filesOf = (unit: Declared) => unit.inputs.files as File[];
function file(unit: Declared, path: string): File {
  const found = filesOf(unit).find((each) => each.path === path);
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

describe("a PostgresNode", () => {
  it("declares its children, all named after it, and nothing else", async () => {
    const { resources } = await run();
    expect(resources.map(({ name }) => name).sort()).toEqual([
      "db",
      "db-database-agent_gateway",
      "db-database-dagster",
      "db-database-mlflow",
      "db-extension-agent_gateway-vector",
      "db-grant-agent_gateway-public-tables-system",
      "db-image",
      "db-role-agent",
      "db-role-agent-password",
      "db-role-agent-password-kept",
      "db-role-ksh3",
      "db-role-ksh3-password",
      "db-role-ksh3-password-kept",
      "db-role-readers",
      "db-role-readers-password",
      "db-role-readers-password-kept",
      "db-role-system",
      "db-role-system-password",
      "db-role-system-password-kept",
      "db-schema-agent_gateway-analytics",
      "db-superuser",
      "db-superuser-secret",
      "db-unit",
    ]);
    expect(resources.filter(({ name }) => name !== "db").map(({ parent }) => parent)).toEqual(
      Array<string>(22).fill("db"),
    );
  });

  it("tells policies in plain values where it keeps what", async () => {
    const { resources } = await run();
    expect(named(resources, "db").visible).toEqual({
      placement: {
        node: "storage",
        keeps: "persistent",
        paths: ["/srv/homelab/postgres"],
      },
    });
  });

  it("shows no password anywhere in the state", async () => {
    const { resources } = await run();
    expect(JSON.stringify(resources.map(({ visible }) => visible))).not.toContain(passwordOf(""));
    expect(named(resources, "db-superuser-secret").visible.value).toBe(secret);
    expect(named(resources, "db-superuser-secret").inputs.value).toBe(passwordOf("db-superuser"));
  });

  it("gives the unit its files, and asks for a restart only where one is needed", async () => {
    const unit = named((await run()).resources, "db-unit");
    expect(
      filesOf(unit).map(({ path, mode, onChange }) => [path, mode ?? "0644", onChange ?? "restart"]),
    ).toEqual([
      ["/etc/containers/systemd/postgres.container", "0644", "restart"],
      ["/etc/homelab/postgres/conf/bin/postgres", "0755", "restart"],
      ["/etc/homelab/postgres/conf/postgresql.conf", "0644", "restart"],
      ["/etc/homelab/postgres/conf/reload.conf", "0644", "reload"],
      ["/etc/homelab/postgres/conf/pg_hba.conf", "0644", "reload"],
      ["/etc/homelab/postgres/conf/ready.sh", "0755", "nothing"],
      ["/etc/homelab/postgres/conf/auto-conf.sh", "0755", "nothing"],
      ["/etc/homelab/postgres/conf/settle.sh", "0755", "nothing"],
      ["/etc/homelab/postgres/init/10-house.sh", "0755", "nothing"],
      ["/etc/homelab/health/postgres", "0644", "nothing"],
    ]);
    // Whoever restarts it has looked at it first.
    expect(file(unit, "/etc/homelab/health/postgres").content).toContain("\nrestart\tno\n");
    const { files, ...rest } = unit.inputs;
    expect(files).toBeDefined();
    expect(rest).toEqual({
      connection,
      service: "postgres.service",
      directories: [{ path: "/srv/homelab/postgres", mode: "0755" }],
      restartOn: { image: "image-id", "superuser's password": "fingerprint-of-db-superuser-secret" },
      reload: ["/usr/bin/podman", "kill", "--signal", "HUP", "postgres"],
      mend: [
        "/usr/bin/podman",
        "exec",
        "--user",
        "postgres",
        "postgres",
        "sh",
        "/etc/postgresql/settle.sh",
        "5432",
      ],
      health: {
        exec: [
          "/usr/bin/podman",
          "exec",
          "--user",
          "postgres",
          "postgres",
          "sh",
          "/etc/postgresql/ready.sh",
          "5432",
        ],
        timeoutSeconds: 180,
      },
      keeps: ["/srv/homelab/postgres"],
    });
    expect([...unit.dependsOn].sort()).toEqual(["db-image", "db-superuser-secret"]);
  });

  it("mounts the data where the official image of 18 keeps it, and never at …/data", async () => {
    const { content } = file(
      named((await run()).resources, "db-unit"),
      "/etc/containers/systemd/postgres.container",
    );
    const quadlet = parse(content);
    const volumes = valuesOf(quadlet, "Container", "Volume");
    expect(volumes).toContain("/srv/homelab/postgres:/var/lib/postgresql");
    expect(volumes.filter((volume) => volume.includes(":/var/lib/postgresql/"))).toEqual([]);
    expect(volumes.filter((volume) => !volume.endsWith(":ro"))).toHaveLength(1);
    expect(content).not.toContain("PGDATA");
    expect(valueOf(quadlet, "Container", "Image")).toBe("localhost/homelab/image:hash");
    expect(valueOf(quadlet, "Container", "Pull")).toBe("never");
    expect(valueOf(quadlet, "Container", "ShmSize")).toBe("2g");
    expect(valueOf(quadlet, "Container", "Secret")).toBe("homelab-postgres-superuser,type=mount");
    expect(content).toContain("--data-checksums");
    expect(valueOf(quadlet, "Service", "Restart")).toBe("always");
    expect(valueOf(quadlet, "Install", "WantedBy")).toBe("multi-user.target");
  });

  it("makes what is in the server after the server, and lets it go with it", async () => {
    const { resources } = await run();
    const inServer = resources.filter(({ type }) => type.startsWith("homelab:postgres:"));
    expect(inServer).toHaveLength(10);
    for (const each of inServer) {
      expect(each.dependsOn).toContain("db-unit");
      expect(each.deletedWith).toBe("db-unit");
      expect(each.visible.server).toEqual({ connection, port: 5432, user: "postgres", password: secret });
    }
    expect(named(resources, "db-role-agent").dependsOn).toContain("db-role-readers");
    expect(named(resources, "db-database-agent_gateway").dependsOn).toEqual(
      expect.arrayContaining(["db-role-agent", "db-role-system"]),
    );
    expect(named(resources, "db-extension-agent_gateway-vector").dependsOn).toContain(
      "db-database-agent_gateway",
    );
    expect(named(resources, "db-schema-agent_gateway-analytics")).toMatchObject({
      inputs: { database: "agent_gateway", name: "analytics", owner: "system" },
      dependsOn: expect.arrayContaining(["db-database-agent_gateway", "db-role-system"]) as unknown,
    });
    expect(named(resources, "db-grant-agent_gateway-public-tables-system").dependsOn).toContain(
      "db-schema-agent_gateway-analytics",
    );
    expect(named(resources, "db-grant-agent_gateway-public-tables-system").inputs).toMatchObject({
      database: "agent_gateway",
      role: "system",
      schema: "public",
      on: "tables",
      privileges: ["SELECT"],
    });
  });

  it("makes roles and databases as the settings say", async () => {
    const { resources } = await run();
    const { server, ...agent } = named(resources, "db-role-agent").inputs;
    expect(server).toBeDefined();
    expect(agent).toEqual({
      name: "agent",
      password: passwordOf("db-role-agent-password"),
      superuser: false,
      createDatabase: false,
      createRole: false,
      memberOf: ["readers"],
      settings: {},
    });
    expect(named(resources, "db-role-ksh3").inputs.superuser).toBe(true);
    expect(named(resources, "db-database-dagster").inputs).toMatchObject({
      name: "dagster",
      owner: "system",
      connect: [],
    });
  });

  it("hands out a secret connection string for each role and database that it may open", async () => {
    const { node } = await run();
    const dsns = node?.endpoints.dsns ?? {};
    expect(Object.fromEntries(Object.entries(dsns).map(([role, by]) => [role, Object.keys(by)]))).toEqual({
      agent: ["agent_gateway"],
      system: ["agent_gateway", "dagster", "mlflow"],
      ksh3: ["agent_gateway", "dagster", "mlflow"],
      readers: [],
    });
    const agent = dsns.agent?.agent_gateway;
    const text = await new Promise((resolve) => agent?.apply(resolve));
    expect(text).toBe(
      `postgresql://agent:${passwordOf("db-role-agent-password")}@10.0.0.1:5432/agent_gateway`,
    );
    expect(await (agent as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
  });

  it("passes the caller's options on to what is not in the server", async () => {
    const { PostgresNode: Component } = await import(".");
    const resources = await declared(() => {
      const first = new Component("a", { node: alwaysOn(), settings, clients: [], sshIdentity: undefined });
      new Component(
        "db",
        { node: alwaysOn(), settings, clients: [], sshIdentity: undefined },
        { deletedWith: first.unit, retainOnDelete: true, dependsOn: first.unit },
      );
    });
    const unit = named(resources, "db-unit");
    expect([unit.deletedWith, unit.retainOnDelete]).toEqual(["a-unit", true]);
    expect(unit.dependsOn).toContain("a-unit");
    expect(named(resources, "db-role-agent").deletedWith).toBe("db-unit");
    expect(unit.visible.connection).not.toHaveProperty("identity");
  });

  it("refuses an on-demand node also where the types were gone around", async () => {
    const onDemand: Node = { ...alwaysOn(), name: "compute", lifecycle: "on-demand" };
    const make = () =>
      new PostgresNode("db", {
        node: onDemand as Node<"always-on">,
        settings,
        clients: [],
        sshIdentity: undefined,
      });
    await declared(() => {
      expect(make).toThrow("PostgresNode keeps data and cannot run on compute");
    });
  });
});
