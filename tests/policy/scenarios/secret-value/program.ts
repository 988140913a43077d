import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const password = config.requireSecret("password");
const path = config.requireSecret("path");

new command.remote.Command("db", {
  connection: { host: "10.0.0.3", user: "root", privateKey: config.requireSecret("key") },
  create: pulumi.interpolate`podman run -d -e POSTGRES_PASSWORD=${password} -v ${path}:/var/lib/postgresql docker.io/library/postgres:18`,
});
