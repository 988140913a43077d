/** Programs that keep nothing, whatever they are told. A table, no logic: what is not in it cannot be known. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Built into the shell. */
const builtins = words(`
  : . [ [[ true false echo printf test set export unset shift return exit break continue readonly local declare typeset
  read wait jobs fg bg kill umask ulimit cd pushd popd dirs shopt let unalias getopts times hash mapfile readarray disown
  type command trap alias suspend logout caller enable complete compgen
`);

/** Look, compare, convert; what comes out goes where the text says. */
const lookers = words(`
  cat head tail tac nl wc sort uniq cut paste tr rev column fold fmt join comm shuf numfmt expand unexpand pr tsort
  grep egrep fgrep zgrep zcat bzcat xzcat zstdcat rg ag jq yq xmllint less more ls dir stat file du df tree pwd basename
  dirname readlink realpath namei id whoami groups getent who w last lastb users uname hostname arch nproc uptime date cal
  free vmstat iostat mpstat lscpu lsblk blkid findmnt mountpoint lspci lsusb lsmod modinfo lsof lsns lshw dmidecode inxi
  sensors nvidia-smi rocm-smi rocminfo clinfo vainfo ps pstree pgrep top htop pidof ss netstat ifconfig route arp ping
  ping6 traceroute tracepath mtr dig host nslookup whois curl wget journalctl dmesg loginctl sleep usleep expr seq yes
  printenv which whereis md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum diff cmp od xxd hexdump
  strings base64 base32 openssl gpg gpgv ssh-keygen ssh-keyscan ssh-add ssh-agent uuidgen getconf locale tput stty clear
  tty factor bc dc envsubst gettext iconv dos2unix unix2dos timedatectl localectl hostnamectl resolvectl
  systemd-detect-virt systemd-analyze systemd-notify systemd-escape systemd-path systemd-id128 systemd-delta busctl
  lsattr getfacl getenforce sestatus selinuxenabled rpmkeys apt-cache apt-config dpkg-query dpkg-architecture rpmquery
  smartctl lsscsi hwinfo ethtool numactl lstopo
`);

/** Change files of the system, users, the network: all of it the program does again. */
const settlers = words(`
  mkdir rmdir rm unlink shred mv cp ln link touch chmod chown chgrp install mkfifo mknod mktemp tar unzip zip gzip gunzip
  bzip2 bunzip2 xz unxz zstd unzstd pigz 7z 7za cpio split csplit patch tee sync truncate fallocate setfacl chattr restorecon
  chcon setsebool semanage setenforce fixfiles useradd usermod userdel groupadd groupmod groupdel gpasswd passwd chpasswd
  newusers adduser deluser addgroup delgroup chage chsh chfn visudo pwconv grpconv sysctl modprobe rmmod insmod depmod
  update-initramfs mkinitcpio dracut update-grub grub-mkconfig grub2-mkconfig grubby kernelstub update-ca-certificates
  update-ca-trust update-alternatives alternatives locale-gen update-locale localedef ldconfig udevadm systemd-tmpfiles
  systemd-sysusers systemd-machine-id-setup systemd-firstboot chronyc ntpdate hwclock swapon swapoff mkswap reboot shutdown
  poweroff halt init telinit iptables ip6tables iptables-save iptables-restore ip6tables-save ip6tables-restore
  iptables-legacy iptables-nft nft ipset ufw firewall-cmd firewall-offline-cmd tc bridge brctl ip nmcli netplan networkctl
  ifup ifdown dhclient wg wg-quick iw rfkill tailscale resolvconf needrestart dpkg-reconfigure debconf-set-selections apt-key
  add-apt-repository apt-mark apt-add-repository dpkg-divert debconf-communicate subscription-manager nvidia-ctk
  nvidia-container-cli nvidia-modprobe nvidia-persistenced nvidia-xconfig prime-select ubuntu-drivers umount killall pkill
  skill logger wall powertop tuned-adm cpupower cpufreq-set x86_energy_perf_policy fstrim hdparm nvme eject etherwake
  wakeonlan ether-wake rtcwake setcap getcap setterm loadkeys systemd-hwdb systemd-ask-password systemctl-wait
  k3s-killall.sh k3s-uninstall.sh k3s-agent-uninstall.sh crictl rpm-ostree bootctl efibootmgr fwupdmgr a2enmod a2ensite a2dismod
  nginx-reload apachectl setxkbmap update-rc.d chkconfig newuidmap newgidmap setsid renice ionice chrt taskset
`);

/** Talk to a server that is judged where it is set up. */
const clients = words(`
  psql pg_dump pg_dumpall pg_isready pg_restore pg_basebackup createdb dropdb createuser dropuser vacuumdb reindexdb
  mysql mysqldump mysqladmin mysqlcheck mariadb mariadb-dump mariadb-admin redis-cli valkey-cli keydb-cli mongosh mongodump
  mongorestore mongoimport mongoexport influx clickhouse-client rabbitmqadmin nats-cli kcat kafkacat mc aws gcloud gsutil az
  s3cmd rclone swaks mail sendmail msmtp apprise ldapsearch snmpget snmpwalk mosquitto_pub mosquitto_sub amqp-publish
  grpcurl websocat openstack doctl hcloud linode-cli gh glab hub bw op vault-client skopeo crane oras cosign
`);

/** Install libraries and tools for a language; what they are then used for is looked at where it is. */
const installers = words(
  "pip pip2 pip3 pipx uv npm pnpm yarn gem bundle cargo rustup go conda mamba cpan cpanm composer luarocks poetry",
);

export const keepNothing: ReadonlySet<string> = new Set([...builtins, ...lookers, ...settlers, ...clients]);

/** Of these only the verbs that install or look. */
export const languageInstallers: ReadonlySet<string> = new Set(installers);

export const languageVerbs =
  /^(install|i|ci|add|update|upgrade|uninstall|remove|list|ls|show|sync|lock|download|freeze|check|cache|config|env|version|info|search|fetch|outdated|audit|tool|toolchain|component|target|default|self|mod|clean|--version|-V|-v|--help)$/;

/** Programs of the machine that runs Pulumi which reach no node. */
export const localOnly: ReadonlySet<string> = new Set(
  words(
    "git docker-credential-helper xdg-open open pbcopy xclip code age age-keygen sops pass shellcheck shfmt hadolint kubeconform kubeval yamllint prettier eslint tsc",
  ),
);

/** Verbs of docker, podman and nerdctl that make no container or volume. */
export const engineVerbs: ReadonlySet<string> = new Set(
  words(`
  attach auto-update build builder buildx commit config cp diff events exec export farm healthcheck history image images
  import info init inspect kill load login logout logs manifest mount namespace network node pause port ps pull push rename restart
  rm rmi save scout search secret start stats stop system tag top trust umount unmount unpause unshare untag update
  version wait exists checkpoint container --version --help -v
`),
);

/** Folders of programs that come with the system or its packages. */
export const systemFolder =
  /^(\/usr(\/local)?)?\/s?bin\/$|^\/usr\/lib(exec)?\/|^\/lib\/systemd\/|^\/opt\/puppetlabs\/bin\//;
