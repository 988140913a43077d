/** Tables of cron: the commands in them. */

const nickname = /^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s+/;
const times = /^(\S+\s+){5}/;

/** The commands of a crontab, one a line, without times. System tables name a user in front of each. */
export function cronCommands(text: string, namesUsers: boolean): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !/^\w+\s*=/.test(line))
    .map((line) => {
      const command = line.replace(nickname, "").replace(nickname.test(line) ? /^/ : times, "");
      return namesUsers ? command.replace(/^\S+\s+/, "") : command;
    })
    .join("\n");
}
