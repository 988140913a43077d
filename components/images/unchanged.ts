import { reference } from "./reference";

/**
 * What homelab:remote:Image builds of an image that is taken as its maker built it: under a name of this program's, so that
 * the node keeps it and no start pulls anything.
 * @param name last part of its repository. @param image whole reference, as the settings have it
 */
export const unchanged = (name: string, image: string) => ({
  repository: `localhost/homelab/${name}`,
  containerfile: `FROM ${reference(image)}\n`,
});
