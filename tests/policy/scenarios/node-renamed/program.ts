import * as docker from "../../docker";
import * as pulumi from "@pulumi/pulumi";

const host = new pulumi.Config().require("host");
const provider = new docker.Provider("there", { host: `ssh://root@${host}` });
new docker.Volume("archive", { name: "archive" }, { provider });
