import { isUnknown } from "../engine/facts";
import type { Finding, Rule } from "../engine/verdicts";

export const remoteSetup: Rule = {
  name: "remote-setup",
  title: "No command, file or resource that sets up something that keeps data on an on-demand node",
  why: "A command can do everything the other rules forbid: install a database, make a file system, start a container with a volume. It has no fields to look at, so its text is read, and what is not understood is refused.",
  violations: [
    "A command or file put on an on-demand node that installs or starts a database or queue server, makes a file system or claims a disk for data.",
    "A command or file whose text cannot be known before it runs.",
    "A command whose program, package, service or script is not among those that are known to keep nothing: what must be known fails where it is not. Shell is taken apart as a shell does it (variables, functions, loops, here-documents, what is piped to a shell); programs in other languages are not looked into.",
    "A local command that reaches a node (ssh, scp, docker --context, a script of its own), or of which it cannot be known (ansible, make, terraform).",
    "A resource of a package of which nothing is known here, a provider in the program's own code, an object in a server that is on an on-demand node.",
    "Containers, volumes and quadlets in such texts are judged by the rules for container engines.",
  ],
  allowed: ["Commands and files that set up none of these.", "Anything on an always-on node."],
  wayOut:
    "Run it on an always-on node, make the text known in preview, or declare it ephemeral with a reason.",
  *check(stack): Iterable<Finding> {
    for (const setup of stack.facts.remoteSetups) {
      const node = stack.landsOn(setup.placement);
      if (node === undefined) continue;
      const { file, resource } = setup.origin;
      const what = isUnknown(setup.sets)
        ? `${resource} puts something on the on-demand node ${node} that cannot be known: ${setup.sets.why}.`
        : `${resource}: ${setup.sets}, on the on-demand node ${node}.`;
      yield {
        file,
        resource,
        detail: what,
        fix: "Run it on an always-on node, or make its text a plain value that can be judged; if losing it costs nothing, declare it ephemeral with a reason.",
        ephemeral: setup.ephemeral,
        names: [],
      };
    }
  },
};
