import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Name of the job, as launchd knows it, and of its file. */
const label = "homelab.compose";

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const string = (text: string) => `<string>${escaped(text)}</string>`;

/**
 * The job that brings the containers up at login, for ~/Library/LaunchAgents: once, and again every minute until it went well.
 * @param folder of compose.yaml and start.sh
 * @see launchd.plist(5)
 */
function launchAgent(folder: string): string {
  const at = resolve(folder);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by \`homelab desktop compose\`: changes made here are lost. -->
<plist version="1.0">
  <dict>
    <key>Label</key>${string(label)}
    <key>ProgramArguments</key><array>${string("/bin/sh")}${string(join(at, "start.sh"))}</array>
    <key>EnvironmentVariables</key>
    <dict><key>PATH</key>${string("/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")}</dict>
    <key>RunAtLoad</key><true/>
    <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
    <key>ThrottleInterval</key><integer>60</integer>
    <key>StandardOutPath</key>${string(join(at, "start.log"))}
    <key>StandardErrorPath</key>${string(join(at, "start.log"))}
  </dict>
</plist>
`;
}

/** What starts the containers by itself, by paths beside the compose file. */
export const startFiles = (folder: string): Readonly<Record<string, string>> => ({
  "start.sh": readFileSync(join(__dirname, "scripts/start.sh"), "utf8"),
  [`${label}.plist`]: launchAgent(folder),
});
