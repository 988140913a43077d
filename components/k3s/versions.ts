/**
 * Why an agent of this version cannot join a server of that one; undefined when it can.
 * @see https://kubernetes.io/releases/version-skew-policy/#kubelet
 */
export function skew(agent: string, server: string): string | undefined {
  const minor = (version: string) => Number(/^v\d+\.(\d+)\./.exec(version)?.[1]);
  const ahead = minor(agent) - minor(server);
  if (ahead > 0 || (ahead === 0 && later(agent, server))) {
    return `homelab:k3s.version is ${agent} and storage's server is ${server}: a node is never ahead of its server, so set storage's first and run \`pulumi up --stack storage\`.`;
  }
  if (ahead < -3) {
    return `homelab:k3s.version is ${agent} and storage's server is ${server}: a node may be three minor versions behind its server at most, so set the same here.`;
  }
  return undefined;
}

/** Of two versions of one minor: is the first one later? */
function later(one: string, other: string): boolean {
  const parts = (version: string) => version.match(/\d+/g)?.map(Number) ?? [];
  const [left, right] = [parts(one), parts(other)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
