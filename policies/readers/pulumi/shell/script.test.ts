import { describe, expect, it } from "vitest";
import { noFacts } from "../../../engine/facts";
import { judge } from "../../../engine/judge";
import type { Topology } from "../../../engine/topology";
import { readResource } from "../index";

const topology: Topology = {
  nodes: [
    { name: "storage", lifecycle: "always-on", addresses: ["10.0.0.1"], labels: {}, taints: [] },
    { name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] },
  ],
  networkClasses: ["nfs-client"],
};

/** Files of the machine that runs Pulumi. */
const files: Readonly<Record<string, string>> = {
  "./deploy.sh": "#!/bin/sh\nssh root@10.0.0.3 podman run -d -v /srv/x:/data busybox\n",
  "./harmless.sh": "#!/bin/sh\nset -e\nssh root@10.0.0.3 uptime\n",
  "./deploy.py": "#!/usr/bin/env python3\nimport os\n",
  "db.container": "[Container]\nImage=x\nVolume=data:/d\n",
  "web.container": "[Container]\nImage=busybox\nTmpfs=/d\n",
  "notes.txt": "notes",
};

function said(type: string, inputs: object, ...before: readonly [string, object][]): string {
  const facts = noFacts();
  const put = new Set<string>();
  const all: readonly [string, object][] = [...before, [type, inputs]];
  for (const [index, [each, own]] of all.entries()) {
    readResource(
      { urn: `urn:${index}`, name: "it", type: each, inputs: { ...own } },
      { facts, put, readFile: (path) => files[path], filesIn: () => undefined },
    );
  }
  return judge(facts, topology)
    .violations.map(({ detail }) => detail)
    .join("\n");
}

const on = (host: string) => (create: string) =>
  said("command:remote:Command", { connection: { host }, create });
const onCompute = on("10.0.0.3");
const onStorage = on("10.0.0.1");
const local = (create: string, more: object = {}) => said("command:local:Command", { create, ...more });
const encoded = (text: string): string => Buffer.from(text).toString("base64");
const install = "apt-get install -y postgresql";

describe("what a shell would run is found however it is written", () => {
  it.each([
    ["decoded by base64 into sh", `echo ${encoded(install)} | base64 -d | sh`],
    ["decoded into eval", `eval "$(echo ${encoded(install)} | base64 -d)"`],
    ["decoded in a here-string", `base64 -d <<< ${encoded(install)} | bash`],
    ["decoded from hexadecimal", `echo ${Buffer.from(install).toString("hex")} | xxd -r -p | sh`],
    ["written backwards", `echo '${Array.from(install).reverse().join("")}' | rev | sh`],
    ["a variable split", "p=post; apt-get install -y ${p}gresql"],
    ["a variable put together", "p=post; p+=gresql; apt-get install -y $p"],
    ["a list", 'p=(curl postgresql); apt-get install -y "${p[@]}"'],
    ["a variable for the program", "i='apt-get install -y'; $i postgresql"],
    ["a loop", 'for p in curl postgresql; do apt-get install -y "$p"; done'],
    ["quotes in the middle", "apt-g'e't inst\"al\"l -y post''gresql"],
    ["backslashes", "ap\\t-get ins\\tall -y postgr\\esql"],
    ["escapes", "apt-get install -y $'\\x70ostgresql'"],
    ["braces", "{apt-get,install,-y,postgresql}"],
    ["braces in a word", "apt-get install -y post{gresql,fix}"],
    ["the variable IFS", "apt-get${IFS}install${IFS}-y${IFS}postgresql"],
    ["a function", 'setup() { apt-get install -y "$1"; }\nsetup postgresql'],
    ["a function of functions", 'a() { b "$@"; }; b() { apt-get install -y "$@"; }; a curl postgresql'],
    ["an alias", "alias i='apt-get install -y'\ni postgresql"],
    ["a here-document", "bash <<'EOF'\napt-get install -y postgresql\nEOF"],
    ["a here-document with a variable", "p=postgresql\nbash <<EOF\napt-get install -y $p\nEOF"],
    ["a group into sh", "printf '%s\\n' 'apt-get install -y postgresql' | sh"],
    ["printf in parts", "printf '%s%s' 'apt-get install -y post' gresql | sh"],
    ["a file that is then run", "printf 'apt-get install -y postgresql' > /tmp/x; sh /tmp/x"],
    ["a file by a group", "{ echo set -e; echo apt-get install -y postgresql; } > /tmp/x; . /tmp/x"],
    ["a file by tee", "echo apt-get install -y postgresql | tee /tmp/x >/dev/null; bash /tmp/x"],
    ["a file by dd", "echo apt-get install -y postgresql | dd of=/tmp/x; sh < /tmp/x"],
    [
      "a file made executable",
      "printf '#!/bin/sh\\napt-get install -y postgresql' > /usr/local/bin/x; chmod +x /usr/local/bin/x; x",
    ],
    ["command", "command apt-get install -y postgresql"],
    ["builtin and eval", "builtin eval 'apt-get install -y postgresql'"],
    ["exec", "exec apt-get install -y postgresql"],
    ["env -S", "env -S 'apt-get install -y postgresql'"],
    ["env with variables", "env -i A=1 DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql"],
    ["busybox sh", "busybox sh -c 'apk add postgresql'"],
    ["nsenter", "nsenter -t 1 -m -u -i -n -- apt-get install -y postgresql"],
    ["chroot", "chroot /host apt-get install -y postgresql"],
    ["systemd-run", "systemd-run --wait -p User=root apt-get install -y postgresql"],
    ["flock -c", "flock /run/x -c 'apt-get install -y postgresql'"],
    ["timeout in nice in sudo", "sudo -n nice -n 5 timeout -k 5 60 apt-get install -y postgresql"],
    ["su -c", "su - root -c 'apt-get install -y postgresql'"],
    ["runuser", "runuser -u postgres -- initdb -D /srv/pg"],
    ["trap", "trap 'apt-get install -y postgresql' EXIT"],
    ["at", "echo 'apt-get install -y postgresql' | at now"],
    ["cron", "echo '@reboot apt-get install -y postgresql' | crontab -"],
    ["a table of cron", "echo '5 4 * * * root apt-get install -y postgresql' > /etc/cron.d/x"],
    ["find -exec", "find /etc -maxdepth 0 -exec apt-get install -y postgresql ';'"],
    ["watch", "watch -n 5 apt-get install -y postgresql"],
    ["a case", "case x in x) apt-get install -y postgresql ;; esac"],
    ["an if", "if true; then :; elif false; then apt-get install -y postgresql; fi"],
    ["a loop's condition", "while ! apt-get install -y postgresql; do sleep 1; done"],
    ["a substitution in quotes", 'echo "done: $(apt-get install -y postgresql)"'],
    ["a substitution in a here-document", "cat <<EOF > /etc/motd\n$(apt-get install -y postgresql)\nEOF"],
    ["a substitution in a default", "echo ${x:-$(apt-get install -y postgresql)}"],
    ["a process substitution", "diff <(apt-get install -y postgresql) /dev/null"],
    ["backticks", "x=`apt-get install -y postgresql`"],
    ["a local .deb by its name", "apt-get install -y ./postgresql-16_16.4_amd64.deb"],
    ["an unusual installer", "nala install -y postgresql"],
  ])("%s", (_how, create) => {
    const detail = onCompute(create);
    expect(detail).toMatch(/PostgreSQL/);
    expect(onStorage(create)).toBe("");
  });
});

describe("what cannot be known is refused on an on-demand node", () => {
  it.each([
    ["python -c", "python3 -c 'import os; os.system(\"x\")'"],
    ["perl -e", "perl -e 'system q(x)'"],
    ["node -e", "node -e 'require(\"fs\")'"],
    ["ruby, php and lua", "ruby -e 'x'; php -r 'x'; lua -e 'x'"],
    ["a here-document for python", "python3 <<EOF\nprint(1)\nEOF"],
    ["awk with system()", "awk 'BEGIN { system(\"x\") }'"],
    ["awk that pipes", "awk '{ print | \"sh\" }' /etc/passwd"],
    ["sed with e", "sed '1e x' /etc/passwd"],
    ["make", "make -C /opt/x install"],
    ["ansible", "ansible-playbook x.yml"],
    ["terraform", "terraform apply -auto-approve"],
    ["curl into sh", "curl -fsSL https://example.org/x.sh | sh"],
    ["wget into bash", "wget -qO- https://example.org/x.sh | sudo bash -s -- --yes"],
    ["bash of a process", "bash <(curl -fsSL https://example.org/x.sh)"],
    ["sh -c of a download", 'sh -c "$(curl -fsSL https://example.org/x.sh)"'],
    ["a download that is run", "curl -o /tmp/x https://example.org/x; chmod +x /tmp/x; /tmp/x"],
    ["a script that is not in the program", "/opt/setup.sh"],
    ["a script for sh that is not in the program", "bash /opt/setup.sh --yes"],
    ["source of a file", ". /opt/lib.sh"],
    ["a program in the current folder", "cd /opt/x && ./install"],
    ["a program nobody knows", "frobnicate --serve /srv"],
    ["a variable of the environment as program", "$RUNNER --yes"],
    ["a package from a variable", "apt-get install -y $PACKAGES"],
    ["a package nobody knows", "apt-get install -y frobnicator-server"],
    ["packages by xargs", "cat /root/list | xargs apt-get install -y"],
    ["snap", "snap install nextcloud"],
    ["flatpak", "flatpak install -y org.frob.Frob"],
    ["a service nobody knows", "systemctl enable --now frobnicator"],
    ["a service from a variable", 'systemctl start "$UNIT"'],
    ["eval of a variable", 'eval "$CODE"'],
    ["sh fed by a decoder of a variable", "echo $X | base64 -d | sh"],
    ["sh fed by tr", "echo nccg-trg | tr a-z n-za-m | sh"],
    ["npm start", "cd /opt/x && npm start"],
    ["a program by a pattern", "/usr/bin/frobn?cate"],
    ["a script of python that it writes", "printf '#!/usr/bin/env python3\\nx' > /tmp/x; /tmp/x"],
    ["a text that is no shell", "if true; then"],
    ["a quotation that is not closed", "echo 'x"],
    ["ctr", "ctr run --mount type=bind,src=/srv,dst=/d docker.io/library/x:1 x"],
    ["another context of docker", "docker context use elsewhere && docker ps"],
    ["docker plugin install", "docker plugin install vieux/sshfs"],
    ["a repository", "git init --bare /srv/git/x.git"],
    ["kubectl patch", "kubectl patch deployment x -p '{}'"],
    [
      "a service that is written",
      "cat > /etc/systemd/system/x.service <<EOF\n[Service]\nExecStart=/opt/x/server --data /srv\nEOF",
    ],
  ])("%s", (_how, create) => {
    expect(onCompute(create)).toMatch(/on-demand node compute that cannot be known/);
  });

  it.each([
    ["a disk that is mounted", "mount /dev/sdb1 /srv", "mounts a disk"],
    ["a disk by its label", "mount LABEL=data /srv", "mounts a disk"],
    ["a disk that is written", "dd if=/dev/zero of=/dev/sdb bs=1M", "/dev/sdb"],
    ["a partition", "parted -s /dev/sdb mklabel gpt", "a place for data"],
    ["a SQLite file", "sqlite3 /srv/books.db 'create table t(x)'", "/srv/books.db"],
    ["kubectl run of a database", "kubectl run db --image=postgres:18", "PostgreSQL"],
    ["kubectl create of a database", "kubectl create deployment db --image postgres:18", "PostgreSQL"],
  ])("%s is said to be one", (_how, create, expected) => {
    expect(onCompute(create)).toContain(expected);
  });
});

describe("another machine that a command goes to", () => {
  it.each([
    ["ssh", `ssh root@10.0.0.3 ${install}`],
    ["ssh with options", `ssh -o BatchMode=yes -i ~/.ssh/id -p 22 compute -- ${install}`],
    ["sshpass", `sshpass -p x ssh compute ${install}`],
    ["sshpass by a variable", `SSHPASS=x sshpass -e ssh compute ${install}`],
    ["ssh in env in timeout", `env A=1 timeout 60 ssh compute ${install}`],
    ["ssh in bash -c", `bash -c 'ssh root@10.0.0.3 ${install}'`],
    ["ssh that reads a script", `ssh compute 'bash -s' <<'EOF'\n${install}\nEOF`],
    ["ssh fed by cat", `cat <<'EOF' | ssh compute sh\n${install}\nEOF`],
    ["ssh in a loop", `for h in 10.0.0.3; do ssh root@$h ${install}; done`],
    ["ssh through another", `ssh -J 10.0.0.1 compute ${install}`],
    ["ssh from ssh", `ssh 10.0.0.1 ssh compute ${install}`],
    ["a name of no node", `ssh gpu-box ${install}`],
  ])("is judged: %s", (_how, create) => {
    expect(local(create)).toContain("it installs PostgreSQL");
    expect(onStorage(create)).toContain("it installs PostgreSQL");
  });

  it.each([
    ["--context", "docker --context compute run -v /srv/x:/data busybox"],
    ["-c", "docker -c compute run -v /srv/x:/data busybox"],
    ["--host", "docker --host=ssh://root@10.0.0.3 run -v /srv/x:/data busybox"],
    ["-H", "docker -H tcp://10.0.0.3:2375 run -v /srv/x:/data busybox"],
    ["DOCKER_HOST", "DOCKER_HOST=ssh://root@10.0.0.3 docker run -v /srv/x:/data busybox"],
    ["DOCKER_HOST exported", "export DOCKER_HOST=ssh://root@10.0.0.3; docker run -v /srv/x:/data busybox"],
    ["DOCKER_CONTEXT", "DOCKER_CONTEXT=compute docker run -v /srv/x:/data busybox"],
    ["podman --connection", "podman --connection compute run -v /srv/x:/data busybox"],
    ["podman -c", "podman -c compute run -v /srv/x:/data busybox"],
    ["podman --url", "podman --url ssh://root@10.0.0.3/run/podman.sock run -v /srv/x:/data busybox"],
    ["CONTAINER_HOST", "CONTAINER_HOST=ssh://root@10.0.0.3 podman run -v /srv/x:/data busybox"],
    ["docker container run", "docker --context compute container run -v /srv/x:/data busybox"],
  ])("is found by docker's and podman's own ways: %s", (_how, create) => {
    expect(local(create)).toContain("on-demand node compute");
    expect(local(create.replaceAll("compute", "storage").replaceAll("10.0.0.3", "10.0.0.1"))).toBe("");
  });

  it("is found in the environment of a local command", () => {
    expect(
      local("docker run -v /srv/x:/d busybox", { environment: { DOCKER_HOST: "ssh://10.0.0.3" } }),
    ).toContain("compute");
    expect(local("docker run -v /srv/x:/d busybox")).toBe("");
    expect(local("docker --host $WHERE run -v /srv/x:/d busybox")).toContain("/srv/x");
  });

  it("takes copies for files that are put there, with the texts that can be read", () => {
    expect(local("scp db.container root@10.0.0.3:/etc/containers/systemd/")).toContain("the volume data");
    expect(local("rsync -v db.container root@10.0.0.3:/etc/containers/systemd/a.container")).toContain(
      "the volume data",
    );
    expect(local("scp web.container root@10.0.0.3:/etc/containers/systemd/")).toBe("");
    expect(local("scp db.container root@10.0.0.1:/etc/containers/systemd/")).toBe("");
    expect(local("scp missing.container compute:/etc/containers/systemd/")).toContain("cannot be known");
    expect(local("scp -r units compute:/etc/containers/systemd/")).toContain("cannot be known");
    expect(local("scp *.container compute:/etc/containers/systemd/")).toContain("cannot be known");
    expect(local("echo put x | sftp compute")).toContain("cannot be known");
    expect(local("scp notes.txt compute:/etc/notes")).toBe("");
    expect(local("scp compute:/var/log/syslog .")).toBe("");
  });
});

describe("a command on the machine that runs Pulumi", () => {
  it("is followed into the scripts it runs", () => {
    expect(local("./deploy.sh")).toContain("/srv/x");
    expect(local("bash ./deploy.sh 10.0.0.3")).toContain("/srv/x");
    expect(local("./harmless.sh")).toBe("");
    expect(local("./deploy.py")).toContain("cannot be known");
    expect(local("./missing.sh 10.0.0.3")).toContain("cannot be known");
  });

  it.each([
    "ansible all -i 10.0.0.3, -m ping",
    "make deploy",
    "terraform apply",
    "pulumi up",
    "python3 deploy.py",
    "npm run deploy",
    "npx tsx deploy.ts",
  ])("cannot be known where it may reach a machine: %s", (create) => {
    expect(local(create)).toContain("cannot be known");
  });

  it.each([
    "git rev-parse HEAD",
    "docker build -t x . && docker push registry.example/x",
    "apt-get install -y postgresql",
    "podman run -v data:/d busybox",
    "kubectl get nodes -o json | jq -r '.items[].metadata.name'",
    "curl -fsS https://example.org/health",
    "npm ci",
    "echo $HOME; date > /tmp/stamp",
    "aws s3 cp x s3://b/x",
  ])("is let be where it reaches none: %s", (create) => {
    expect(local(create)).toBe("");
  });
});

describe("ordinary commands are understood", () => {
  it.each([
    [
      "packages",
      "export DEBIAN_FRONTEND=noninteractive\napt-get update -qq\napt-get install -y --no-install-recommends curl ca-certificates nfs-common htop git python3-venv libssl-dev linux-headers-$(uname -r) nvidia-driver-550-server",
    ],
    [
      "packages of other systems",
      "dnf install -y podman cockpit-podman-doc nfs-utils; apk add --no-cache bash curl; pacman -Syu --noconfirm base-devel git; zypper --non-interactive install -y chrony",
    ],
    [
      "docker's own source",
      'install -m 0755 -d /etc/apt/keyrings\ncurl -fsSL https://download.docker.com/linux/ubuntu/gpg | gpg --dearmor -o /etc/apt/keyrings/docker.gpg\necho "deb [signed-by=/etc/apt/keyrings/docker.gpg] https://download.docker.com/linux/ubuntu $(. /etc/os-release && echo "$VERSION_CODENAME") stable" | tee /etc/apt/sources.list.d/docker.list > /dev/null\napt-get update && apt-get install -y docker-ce docker-ce-cli containerd.io docker-compose-plugin',
    ],
    [
      "services",
      "systemctl daemon-reload; systemctl enable --now docker.service podman.socket fstrim.timer ssh systemd-timesyncd k3s-agent tailscaled@x",
    ],
    [
      "users",
      "id -u deploy >/dev/null 2>&1 || useradd -m -s /bin/bash deploy\nusermod -aG docker,video deploy\necho 'deploy ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/deploy\nvisudo -cf /etc/sudoers.d/deploy",
    ],
    [
      "the kernel's settings",
      "cat > /etc/sysctl.d/99-x.conf <<'EOF'\nvm.swappiness = 10\nEOF\nsysctl --system\nmodprobe br_netfilter || true",
    ],
    [
      "a loop with a condition",
      "for i in $(seq 1 30); do\n  if curl -fsS http://127.0.0.1:10250/healthz; then exit 0; fi\n  sleep 2\ndone\nexit 1",
    ],
    [
      "tests",
      "[ -f /etc/x ] && grep -q '^a=' /etc/x || sed -i 's/^b=.*/b=2/' /etc/x\n[[ \"$(uname -m)\" =~ ^(x86_64|aarch64)$ && -d /opt ]] || { echo no >&2; exit 1; }\n(( x = 1 + 2 ))",
    ],
    [
      "a case",
      'case "$(uname -m)" in\n  x86_64|amd64) arch=amd64 ;;\n  *) echo "no $(uname -m)" >&2; exit 1 ;;\nesac\ncurl -fsSLo /usr/local/bin/kubectl "https://dl.k8s.io/v1.31.0/bin/linux/${arch}/kubectl"\nchmod +x /usr/local/bin/kubectl',
    ],
    [
      "awk and sed",
      "awk -F: '$3 >= 1000 { print $1 }' /etc/passwd | sort | head -n 5\nip -o -4 addr show | awk '{print $4}' | cut -d/ -f1\nsed -e 's/a/b/' -e '/x/d' /etc/hosts",
    ],
    ["nfs", "mkdir -p /mnt/data; mountpoint -q /mnt/data || mount -t nfs4 -o rw 10.0.0.1:/data /mnt/data"],
    [
      "find",
      "find /var/log -name '*.gz' -mtime +7 -delete; find /etc/x -type f -exec chmod 600 {} +; ls | xargs -r -n1 basename",
    ],
    [
      "the firewall",
      "ufw allow from 10.0.0.0/24 to any port 22 proto tcp; ufw --force enable; nft -f /etc/nftables.conf",
    ],
    [
      "a cron job",
      "echo '0 3 * * * root /usr/bin/apt-get clean' > /etc/cron.d/clean; chmod 644 /etc/cron.d/clean",
    ],
    [
      "containers that keep nothing",
      "podman pull docker.io/library/busybox:1.37; docker run --rm --gpus all nvidia/cuda:12.4.1-base-ubuntu22.04 nvidia-smi; docker image prune -af",
    ],
    [
      "a unit of its own",
      "cat > /etc/systemd/system/hello.service <<'EOF'\n[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/podman run --rm --name hello busybox sleep infinity\nExecStop=/usr/bin/podman stop hello\n[Install]\nWantedBy=multi-user.target\nEOF\nsystemctl daemon-reload\nsystemctl enable --now hello",
    ],
    [
      "a quadlet of its own",
      "cat > /etc/containers/systemd/web.container <<'EOF'\n[Container]\nImage=docker.io/library/nginx:1.29\nTmpfs=/var/cache/nginx\n[Install]\nWantedBy=default.target\nEOF\nsystemctl daemon-reload && systemctl start web.service",
    ],
    ["a virtual environment", "python3 -m venv /opt/x; /opt/x/bin/pip install -q numpy"],
    [
      "wake and sleep",
      "ethtool -s enp3s0 wol g; systemctl suspend; shutdown -h +1; loginctl enable-linger deploy",
    ],
    [
      "asking",
      "nvidia-smi --query-gpu=name --format=csv,noheader; lsblk -J; hostnamectl --json=short; podman version; journalctl -u k3s -n 50 --no-pager; frobnicate --version",
    ],
    [
      "a client of a database",
      "pg_isready -h 10.0.0.1 && PGPASSWORD=x psql -h 10.0.0.1 -U app -c 'select 1'; redis-cli -h 10.0.0.1 ping",
    ],
    [
      "the K3s agent",
      "curl -sfL https://get.k3s.io | INSTALL_K3S_VERSION=v1.31.0+k3s1 K3S_URL=https://10.0.0.1:6443 K3S_TOKEN_FILE=/etc/k3s.token sh -s - agent --node-label gpu=yes",
    ],
    [
      "the K3s agent by exported variables",
      "export K3S_URL=https://10.0.0.1:6443\ncurl -sfL https://get.k3s.io | sh -",
    ],
  ])("%s", (_what, create) => {
    expect(onCompute(create)).toBe("");
  });

  it("may start a unit or run a script that another resource put there", () => {
    const put = (remotePath: string, text: string): [string, object] => [
      "command:remote:CopyToRemote",
      { connection: { host: "10.0.0.3" }, remotePath, source: { asset: "text", text } },
    ];
    const run = (create: string, ...before: [string, object][]) =>
      said("command:remote:Command", { connection: { host: "10.0.0.3" }, create }, ...before);
    expect(
      run("systemctl start web", put("/etc/containers/systemd/web.container", files["web.container"] ?? "")),
    ).toBe("");
    expect(run("/opt/x.sh --yes", put("/opt/x.sh", "#!/bin/sh\nuptime\n"))).toBe("");
    expect(run("bash /opt/x", put("/opt/x", "#!/bin/sh\nuptime\n"))).toBe("");
    expect(run("/opt/x.sh", put("/opt/x.sh", `#!/bin/sh\n${install}\n`))).toContain("PostgreSQL");
    expect(run("/opt/x", put("/opt/x", "#!/usr/bin/env python3\nimport os\n"))).toContain(
      "script of python3",
    );
  });

  it("is exempted by a comment with a reason", () => {
    expect(onCompute("# homelab.dev/ephemeral: a test machine\nfrobnicate --serve /srv")).toBe("");
    expect(onCompute("# homelab.dev/ephemeral:\nfrobnicate --serve /srv")).toContain("without a reason");
  });
});
