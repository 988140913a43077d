/** Packages and services that keep nothing, by name. A table, no logic: one that is not in it cannot be known. */

/** A name of the list alone, or with a version or a part of it behind. */
const more = "(-[\\w.+-]*|[\\d.]+[\\w.+-]*)?";

const patterns: readonly string[] = [
  // Libraries, tools, clients and documentation of anything.
  "lib(?!re|virt)[\\w.+-]*",
  ".*-(dev|devel|clients?|tools?|utils?|common|docs?|bin|cli|locales?|plugins?|firmware|headers.*|dkms|exporter|completion|dbg|dbgsym|keyring|release|agent|launcher|progs|libs?|data-collector)",
  "prometheus-.*-exporter|node[-_]exporter|.*_exporter|dcgm-exporter",
  `(python|perl|ruby|php|lua|node|golang|rust|gcc|g\\+\\+|clang|llvm|openjdk|java|default-j|dotnet|erlang|mono)${more}`,
  `(linux|kernel|firmware|intel|amd|amd64|nvidia|cuda|cudnn|rocm|hip|mesa|vulkan|xserver|xorg|fonts|texlive|language-pack|locales|hyphen|aspell|hunspell)${more}`,
  // Containers and the cluster.
  `(docker|moby|containerd|podman|buildah|skopeo|runc|crun|youki|conmon|netavark|aardvark-dns|slirp4netns|passt|fuse-overlayfs|uidmap|catatonit|cri-tools|cri-o|kata)${more}`,
  "k3s(-agent|-selinux)?|kubelet|kubeadm|kubectl|kubernetes-cni|helm|k9s|etcd-client|rke2-agent",
  // The system.
  `(systemd|dbus|polkit|udev|apparmor|selinux|audit|pam|sssd|cron|cronie|anacron|at|chrony|chronyd|ntp|ntpd|ntpsec|rsyslog|syslog-ng|logrotate|sudo|doas|openssh|ssh|sshd|mosh|fail2ban|sshguard|ufw|firewalld|nftables|iptables|ip6tables|ipset|wireguard|wg-quick|tailscale|tailscaled|zerotier-one|netbird|openvpn|strongswan|cloudflared|network-?manager|networkd|netplan|ifupdown|dhcpcd|avahi|unbound|resolvconf|dnsmasq|acpid|powertop|tlp|tuned|irqbalance|thermald|fwupd|udisks2|upower|multipath|multipathd|iscsid?|open-iscsi|nfs-client|nfs-common|nfs-utils|rpcbind|rpc-statd|cifs|autofs|sshfs|getty|serial-getty|user|user-runtime-dir|session|remote-fs|local-fs|network-online|multi-user|graphical|fstrim|man-db|apt-daily|apt-daily-upgrade|dnf-automatic|unattended-upgrades|packagekit|cloud-init|qemu-guest-agent|open-vm-tools|spice-vdagent|numad|ananicy|earlyoom|oomd|zram|zramswap|zram-generator|haveged|rng-tools|rngd|kdump|lm-sensors|smartd|smartmontools|nut-client|nut-monitor|apcupsd|bluetooth|bluez|ModemManager|wpa_supplicant|iwd|lightdm|gdm3?|sddm|display-manager|keyd|x11vnc|xrdp)${more}`,
  // Web servers and proxies that serve what they are given.
  `(nginx|apache2?|httpd|caddy|haproxy|traefik|envoy|lighttpd|stunnel4?|keepalived|memcached|pgbouncer|oauth2-proxy)${more}`,
  // Collectors that send on what they read.
  "promtail|alloy|fluent-bit|fluentd|td-agent-bit|vector|filebeat|metricbeat|telegraf|collectd|otelcol(-contrib)?|datadog-agent|netdata-updater|beszel-agent|zabbix-agent2?|snmpd",
  // What people want on a machine.
  `(curl|wget|git|git-lfs|vim|neovim|nano|micro|emacs|helix|tmux|screen|byobu|zsh|fish|bash|dash|starship|jq|yq|tree|less|rsync|unzip|zip|tar|gzip|bzip2|xz|zstd|lz4|pigz|p7zip|unrar|file|findutils|grep|ripgrep|fd-find|fzf|bat|sed|gawk|coreutils|util-linux|procps|psmisc|bc|moreutils|parallel|pv|expect|ca-certificates|gnupg2?|gpg|apt-transport-https|software-properties|lsb-release|debconf|build-essential|base-devel|make|cmake|ninja|meson|autoconf|automake|pkg-config|pkgconf|bison|flex|nasm|cargo|npm|yarn|ffmpeg|imagemagick|sox|tesseract|poppler|pandoc|graphviz|ghostscript|htop|btop|iotop|iftop|atop|nethogs|sysstat|nvtop|radeontop|nmon|glances|dstat|ncdu|strace|ltrace|gdb|perf|bpftrace|lsof|tcpdump|nmap|mtr|traceroute|whois|socat|netcat|nc|ncat|dnsutils|bind9-dnsutils|iproute2?|iputils|net-tools|ethtool|iperf3?|speedtest|aria2|parted|gdisk|gptfdisk|e2fsprogs|xfsprogs|btrfs-progs|dosfstools|ntfs-3g|exfatprogs|lvm2|mdadm|cryptsetup|zfsutils-linux|zfs|hdparm|nvme-cli|sg3|ceph-common|glusterfs-client|rclone|restic|borgbackup|kopia|tzdata|keyboard-configuration|console-setup|needrestart|apt-listchanges|debsums|aptitude|dpkg|rpm|dnf|yum|epel-release|ipmitool|etherwake|wakeonlan|pciutils|usbutils|dmidecode|lshw|inxi|hwinfo|numactl|hwloc|cpuid|age|sops|direnv|stow|ansible|pulumi|terraform|opentofu|attr|acl|quota|man|info|tini|dumb-init|gosu|su-exec|shadow|musl|busybox|alpine-base|openssl|gettext|patch|diffutils|which|time|hostname|sqlite-libs|inotify|entr|lsyncd-none|ethtool)${more}`,
];

const known = new RegExp(`^(${patterns.join("|")})$`);

/** Software that keeps its data on the machine, and whose name looks like one of those above. */
const keepers =
  /^(node-red.*|git-annex|time-series.*|docker-registry|docker-distribution|nginx-unit-.*db|php.*-sqlite3-.*|golang-.*-server|python3-(mlflow|zodb)|nfs-(kernel-)?server|cockpit-machines)$/;

/** True for a package or service that is known to keep nothing on the machine. */
export function softwareKeepsNothing(name: string): boolean {
  return known.test(name.toLowerCase()) && !keepers.test(name.toLowerCase());
}
