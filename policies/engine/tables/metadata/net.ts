/** The network: names, ways in, and the machines on it. */
import { app } from "./row";

export const netApps = [
  app(
    "AdGuard Home",
    "adguard/adguardhome adguardhome",
    "/opt/adguardhome/work /opt/adguardhome/conf",
    "https://github.com/AdguardTeam/AdGuardHome/blob/HEAD/docker/Dockerfile",
  ),
  app("Pi-hole", "pihole/pihole", "/etc/pihole", "https://docs.pi-hole.net/docker/"),
  app(
    "Technitium DNS",
    "technitium/dns-server",
    "/etc/dns",
    "https://github.com/TechnitiumSoftware/DnsServer/blob/HEAD/docker-compose.yml",
  ),
  app(
    "UniFi",
    "unifi unifi-network-application unifi-controller jacobalberty/unifi",
    "/config /unifi",
    "https://github.com/linuxserver/docker-unifi-network-application/blob/HEAD/Dockerfile",
  ),
  app(
    "Omada Controller",
    "mbentley/omada-controller",
    "/opt/tplink/EAPController/data",
    "https://github.com/mbentley/docker-omada-controller/blob/HEAD/docker-compose.yml",
  ),
  app(
    "wg-easy",
    "wg-easy",
    "/etc/wireguard",
    "https://github.com/wg-easy/wg-easy/blob/HEAD/docker-compose.yml",
  ),
  app(
    "Headscale",
    "headscale",
    "/var/lib/headscale",
    "https://github.com/juanfont/headscale/blob/HEAD/docs/setup/install/container.md",
    "HEADSCALE_DATABASE_POSTGRES_HOST",
  ),
  app(
    "Nginx Proxy Manager",
    "nginx-proxy-manager nginx-proxy-manager-full nginxproxymanager",
    "/data /config",
    "https://github.com/NginxProxyManager/nginx-proxy-manager/blob/HEAD/docs/src/setup/index.md",
    "DB_HOST DB_MYSQL_HOST DB_POSTGRES_HOST",
  ),
  app(
    "MeshCentral",
    "ylianst/meshcentral",
    "/opt/meshcentral/meshcentral-data",
    "https://github.com/Ylianst/MeshCentral/blob/HEAD/docker/compose.yaml",
  ),
  {
    ...app(
      "RustDesk",
      "rustdesk/rustdesk-server",
      "/root",
      "https://github.com/rustdesk/rustdesk-server/blob/HEAD/docker-compose.yml",
    ),
    programs: /^hbb[rs]$/,
  },
];
