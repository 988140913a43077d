/** Whole families of images, which keep everything in one directory whatever the application. */
import type { MetadataKeeper } from "./row";

/**
 * A family of images of one maker that keep their settings and databases in /config.
 *
 * @param image the paths of its images, without those that are parts or keep nothing
 */
function family(product: string, image: RegExp, see: string): MetadataKeeper {
  return {
    product,
    keeps: "files in /config",
    image,
    programs: /^(init|s6-svscan)$/,
    dataDirs: ["/config"],
    pointers: /^$/,
    see,
  };
}

export const families: readonly MetadataKeeper[] = [
  family(
    "an application of LinuxServer.io",
    /^(lscr\.io\/)?linuxserver\/(?!(baseimage-.*|ffmpeg|socket-proxy|mods|yq|kasm-.*|docker-compose|openssh-server|nginx|wireguard|swag|duckdns|ddclient|librespeed|smokeping-slave|mariadb|fleet|ci|mstream)$)/,
    "https://docs.linuxserver.io/general/running-our-containers/",
  ),
  family(
    "an application of hotio",
    /^hotio\/(?!(base|cloudflared|scripts|rclone|unpackerr)$)/,
    "https://github.com/hotio/website/blob/HEAD/docs/containers/sonarr.md",
  ),
  family(
    "an application of binhex",
    /^binhex\/arch-(?!(base|int-.*)$)/,
    "https://github.com/binhex/arch-sonarr/blob/HEAD/README.md",
  ),
];
