import { describe, expect, it } from "vitest";
import type { NodeName } from "../../topology";
import { onNode } from "../support/lab";

/** Every unit that this program has put on a machine, as systemd has it; none is named here. */
interface Found {
  readonly unit: string;
  /** Directories that it may not run without: what it keeps, and what its job writes into. */
  readonly needs: string[];
  readonly waitsFor: string[];
}

function units(node: NodeName): Found[] {
  const said = onNode(
    node,
    `for notes in /var/lib/homelab/units/*; do
  [ -e "$notes/files" ] || continue
  while read -r path; do
    case $path in
    /etc/containers/systemd/*.container) unit=$(basename "$path" .container).service ;;
    /etc/systemd/system/*@.service) continue ;;
    /etc/systemd/system/*.service) unit=$(basename "$path") ;;
    *) continue ;;
    esac
    needs=$(cat "$notes/keeps" 2>/dev/null | paste -sd ' ')
    # A job of the backups reads where it writes from its configuration.
    for script in $(grep -oE '/usr/local/lib/homelab/backup[a-z-]*/[a-z-]+\\.sh' "$path"); do
      folder=$(basename "$(dirname "$script")")
      needs+=" $(sed -n 's/^BACKUP_DIRECTORY=//p' "/etc/homelab/$folder/config")"
    done
    printf '%s\\t%s\\t%s\\n' "$unit" "$needs" "$(systemctl show -p RequiresMountsFor --value "$unit")"
  done <"$notes/files"
done`,
  );
  return said
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [unit = "", ...rest] = line.split("\t");
      const [needs = [], waitsFor = []] = rest.map((words) => words.split(" ").filter(Boolean));
      return { unit, needs, waitsFor };
    });
}

describe.each<[node: NodeName, least: number]>([
  ["storage", 9],
  ["desktop", 3],
])("what keeps something, or writes backups, on %s", (node, least) => {
  it("does not run, and fills no other disk, while the disk on the way there is not mounted", () => {
    const keeping = units(node).filter(({ needs }) => needs.length > 0);
    expect(keeping.length).toBeGreaterThanOrEqual(least);
    const without = keeping.flatMap(({ unit, needs, waitsFor }) =>
      needs
        .filter((path) => !waitsFor.some((mount) => path === mount || mount.startsWith(`${path}/`)))
        .map((path) => `${unit}: ${path}`),
    );
    expect(without).toEqual([]);
  });
});
