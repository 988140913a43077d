import * as docker from "../../docker";

const provider = new docker.Provider("desktop", { host: "ssh://root@10.0.0.2" });
new docker.Container(
  "notes",
  {
    image: "docker.io/library/busybox:1.37",
    mounts: [{ type: "bind", source: "/srv/notes", target: "/notes" }],
  },
  { provider },
);
