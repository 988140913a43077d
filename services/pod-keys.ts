export type PodKeys = Readonly<Record<string, unknown>>;
