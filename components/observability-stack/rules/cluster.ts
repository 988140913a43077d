import type { RuleGroup } from "../rule";

/** The series of a container that was started so often: each start is another container, with an id of its own. */
const starts = (values: readonly string[]) =>
  Object.fromEntries(
    values.map((value, i) => [
      `container_start_time_seconds{node="compute", namespace="dagster", pod="web-1", container="web", id="${i}"}`,
      value,
    ]),
  );
const endsAgain = [
  {
    labels: { node: "compute", namespace: "dagster", pod: "web-1", container: "web" },
    says: "web of dagster/web-1 on compute ends again and again.",
  },
];

/** Pods, as the kubelet's cAdvisor shows them. */
export const cluster: RuleGroup = {
  name: "homelab-cluster",
  rules: [
    {
      alert: "PodCrashLoops",
      // Half an hour, for the kubelet soon leaves it alone for five minutes each time. Counted are containers, however
      // short the time in which they could be seen.
      expr: 'count by (node, namespace, pod, container) (count_over_time(container_start_time_seconds{container!="", container!="POD"}[30m])) > 4',
      for: "1m",
      severity: "critical",
      summary:
        "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} on {{ $labels.node }} ends again and again.",
      fires: {
        "a container that ends every two minutes": {
          series: starts(["1x1", "_x2 2x1", "_x4 3x1", "_x6 4x1", "_x8 5x1"]),
          at: "12m",
          alerts: endsAgain,
        },
        "one that the kubelet by now leaves alone for five minutes each time": {
          series: starts(Array.from({ length: 9 }, (_, i) => (i === 0 ? "1" : `_x${5 * i - 1} 1`))),
          at: "44m",
          alerts: endsAgain,
        },
      },
      silent: {
        "a container that was started again three times": {
          series: starts(["1x1", "_x2 2x1", "_x4 3x1", "_x6 4x20"]),
          at: "15m",
        },
        "many pods of one Deployment": {
          series: Object.fromEntries(
            Array.from({ length: 8 }, (_, i) => [
              `container_start_time_seconds{node="compute", namespace="dagster", pod="web-${i}", container="web", id="${i}"}`,
              "1x20",
            ]),
          ),
          at: "15m",
        },
      },
    },
    {
      alert: "KubeletSilent",
      expr: 'max by (node) (max_over_time(up{job="kubelet"}[5m])) == 0 and on (node) homelab:node_expected == 1',
      for: "5m",
      severity: "warning",
      summary: "The kubelet of {{ $labels.node }} does not say how its pods are.",
      fires: {
        "a kubelet that is stopped": {
          series: {
            'up{job="kubelet", node="desktop", lifecycle="always-on"}': "1x4 0x20",
            'up{job="node", node="desktop", lifecycle="always-on"}': "1x24",
          },
          at: "20m",
          alerts: [
            { labels: { node: "desktop" }, says: "The kubelet of desktop does not say how its pods are." },
          ],
        },
      },
      silent: {
        "a node that is off on purpose": {
          series: {
            'up{job="kubelet", node="compute", lifecycle="on-demand"}': "1x4 0x20",
            'up{job="node", node="compute", lifecycle="on-demand"}': "1x4 0x20",
          },
          at: "20m",
        },
      },
    },
  ],
};
