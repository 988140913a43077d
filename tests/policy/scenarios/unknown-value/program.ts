import * as docker from "../../docker";
import * as random from "@pulumi/random";

const name = new random.RandomId("name", { byteLength: 4 });
const provider = new docker.Provider("compute", { host: "ssh://root@10.0.0.3" });
new docker.Container(
  "web",
  {
    image: "docker.io/library/nginx:1.29",
    volumes: [{ hostPath: name.hex.apply((hex) => `/run/${hex}`), containerPath: "/cache" }],
  },
  { provider },
);
