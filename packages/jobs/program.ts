import { variable } from "../../services/fields";

/** The keys of a job that say what runs. */
interface Keys {
  readonly image?: string | undefined;
  readonly user?: string | undefined;
  readonly command?: string | readonly string[] | undefined;
  readonly shell?: string | undefined;
  readonly directory?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string | undefined;
  readonly memory?: string | undefined;
}

/** A command of its node. */
export interface CommandProgram {
  readonly user: string;
  readonly command: string;
  readonly shell: string;
}

/** An image, in the cluster. */
export interface ImageProgram {
  readonly image: string;
  /** For the image's shell, or arguments of its own program. @default what the image starts */
  readonly command?: string | readonly string[] | undefined;
}

/** What a job runs. */
export function programOf({ image, user, command, shell = "/bin/sh" }: Keys): CommandProgram | ImageProgram {
  if (image !== undefined) return { image, command };
  // The file's check has refused any other.
  if (user === undefined || typeof command !== "string") throw new Error("A job without user or command.");
  return { user, command, shell };
}

/** The jobs of a node, by name. */
export const jobsOn = <J extends { readonly node: string }>(
  jobs: Readonly<Record<string, J>>,
  node: string,
): [string, J][] => Object.entries(jobs).filter(([, job]) => job.node === node);

/** Whether a job runs as a pod of the cluster. */
export const isImage = (program: CommandProgram | ImageProgram): program is ImageProgram =>
  "image" in program;

/** What keys say that do not go together: a sentence each. @param where the job, as it is found in the file */
export function mistakesOfProgram(where: string, keys: Keys): string[] {
  const { image, user, command, memory } = keys;
  if (image !== undefined) return mistakesOfImage(where, keys);
  return [
    ...(user === undefined
      ? [`${where}.user is missing: say as whom the command runs, or give an image that runs in the cluster.`]
      : []),
    ...(command === undefined ? [`${where}.command is missing: only a job with image may do without.`] : []),
    ...(Array.isArray(command)
      ? [
          `${where}.command is a list, which only a job with image may have: write it as one text, for the shell.`,
        ]
      : []),
    ...(memory === undefined
      ? []
      : [`${where} has memory and no image: it limits a pod, and this is a command of the node.`]),
  ];
}

function mistakesOfImage(where: string, { user, shell, directory, input, environment }: Keys): string[] {
  return [
    ...Object.entries({ user, shell, directory, input })
      .filter(([, value]) => value !== undefined)
      .map(
        ([key]) =>
          `${where} has both image and ${key}: ${key} is of a command of the node, and an image runs as a pod of the cluster. Take out one of the two.`,
      ),
    ...Object.keys(environment)
      .filter((name) => !variable.safeParse(name).success)
      .map(
        (name) =>
          `${where}.environment.${name} cannot be a variable of a pod: letters, digits and _ may stand in its name, and no digit first.`,
      ),
  ];
}
