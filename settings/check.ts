import { portProblems, serviceProblems, type Services } from "../services";
import type { NodeName, Topology } from "../topology";
import { SettingsError, type SettingsOf } from "./load";
import { migrationProblems } from "./migration";

/**
 * What only a stack's settings, its node and the topology together can show. What is wrong with one service is said in its
 * file in services/.
 * @throws SettingsError listing every mistake at once.
 */
export function checkSettings<N extends NodeName>(
  settings: SettingsOf[N],
  name: N,
  topology: Topology,
  services?: Services,
): void {
  const node = topology.nodes[name];
  const found = [
    ...serviceProblems(node, topology, settings, services),
    ...("migrations" in settings ? migrationProblems(settings.migrations, settings.postgres) : []),
    ...portProblems(node, settings, services),
  ];
  if (found.length > 0) throw new SettingsError(found);
}
