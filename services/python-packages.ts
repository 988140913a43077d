import type { Program, Scratch } from "./pod";

/** Where packages are that a pod fetches before its program starts; on PYTHONPATH. */
export const packagesPath = "/opt/packages";
export const packagesScratch: Scratch = { name: "packages", at: packagesPath };

/** The command that fetches them. @see https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-t */
export const fetchPackages = (packages: readonly string[]) => [
  ...["python", "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"],
  ...["--target", packagesPath, ...packages],
];

/** A program for `before` that fetches them into the pod; none where nothing is to be fetched. */
export function packagesFirst(
  image: string,
  packages: readonly string[],
  scratch: readonly Scratch[] = [packagesScratch],
): Program[] {
  if (packages.length === 0) return [];
  return [
    {
      name: "packages",
      image,
      command: fetchPackages(packages),
      requests: { cpu: "100m", memory: "128Mi" },
      scratch,
    },
  ];
}
